namespace Emleak.Symbols.Demangling;

/// <summary>How much of a demangled name is written out.</summary>
public enum DemangleStyle
{
    /// <summary>Everything the mangled name tells: return type, template arguments, parameters, clone suffix.</summary>
    Full,

    /// <summary>
    /// What a chart has room for: <c>ns::Class::method</c>. Return types, template and generic arguments, parameters,
    /// constraints, ABI tags and clone suffixes are left out.
    /// </summary>
    Short,
}
