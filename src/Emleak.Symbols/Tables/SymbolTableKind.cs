namespace Emleak.Symbols.Tables;

/// <summary>Which symbol table a symbol is from.</summary>
public enum SymbolTableKind : byte
{
    /// <summary>The file's own <c>.symtab</c>.</summary>
    Full = 0,

    /// <summary>The file's <c>.dynsym</c>.</summary>
    Dynamic,

    /// <summary><c>.symtab</c> of the separate debug file.</summary>
    DebugFile,

    /// <summary><c>.symtab</c> of the small ELF file that is compressed in <c>.gnu_debugdata</c>.</summary>
    MiniDebug,
}
