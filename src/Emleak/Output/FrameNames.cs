using System.Buffers;
using System.Collections.Concurrent;
using Emleak.Symbols;
using Emleak.Symbols.Demangling;

namespace Emleak.Output;

/// <summary>
/// The names of frames as text of one line. Names come from the traced program's files: what would end a line, a field of a format
/// (<c>;</c>) or move a terminal's cursor is replaced.
/// </summary>
internal sealed class FrameNames(NameStyle style)
{
    // Control characters, and what Unicode ends lines with.
    private static readonly SearchValues<char> Unfit =
        SearchValues.Create([.. Enumerable.Range(0, 0x100).Select(code => (char)code).Where(char.IsControl), '\u2028', '\u2029']);

    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <summary>A function's name.</summary>
    /// <param name="function">As stored; null when it is not known.</param>
    public string Of(string? function) => function is null ? "[UNKNOWN]" : _known.GetOrAdd(function, static (name, style) => Write(name, style), style);

    /// <summary>The function; <c>[library]</c> when only the module is known; <c>[UNKNOWN]</c> when nothing is.</summary>
    public string Of(Frame frame) => frame.Function is not null ? Of(frame.Function) : PlaceOf(frame);

    /// <summary>Distance from the start of what <see cref="Of(Frame)"/> names, in bytes.</summary>
    public static ulong OffsetOf(Frame frame)
    {
        if (frame.Function is not null) return frame.Offset;
        return frame.Module is null ? frame.Address : frame.ModuleAddress;
    }

    /// <summary>Text of a stranger, fit to be shown.</summary>
    public static string Clean(string text) => text.AsSpan().ContainsAny(Unfit) ? string.Create(text.Length, text, static (clean, text) => CleanInto(clean, text)) : text;

    private static void CleanInto(Span<char> clean, string text)
    {
        for (int i = 0; i < text.Length; i++) clean[i] = Unfit.Contains(text[i]) ? '?' : text[i];
    }

    private static string Write(string name, NameStyle style)
    {
        string? readable = style == NameStyle.Mangled ? null : Demangler.Demangle(name, style == NameStyle.Short ? DemangleStyle.Short : DemangleStyle.Full);

        // Rust's "[u8; 4]", for one.
        return Clean((readable ?? name).Replace(';', ','));
    }

    private static string PlaceOf(Frame frame)
    {
        if (frame.Module is null) return "[UNKNOWN]";
        return frame.Module.StartsWith('[') ? Clean(frame.Module) : $"[{Clean(Path.GetFileName(frame.Module)).Replace(';', ',')}]";
    }
}
