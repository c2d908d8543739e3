namespace Emleak.Symbols.Demangling.Rust;

/// <summary>An identifier's bytes in the mangled name.</summary>
internal readonly record struct RustIdentifier(int Start, int Length, bool IsPunycode);
