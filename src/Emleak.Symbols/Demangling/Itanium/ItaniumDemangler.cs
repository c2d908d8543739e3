namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>Demangles names of the Itanium C++ ABI. One instance serves one thread and keeps its memory between names.</summary>
internal sealed class ItaniumDemangler
{
    private readonly NodeArena _arena = new();
    private readonly Parser _parser;
    private readonly Printer _printer;

    public ItaniumDemangler(OutputText output)
    {
        _parser = new Parser(_arena);
        _printer = new Printer(_arena, output);
    }

    /// <summary>Writes the name to the output; false when it is malformed or too large.</summary>
    public bool TryDemangle(ReadOnlySpan<byte> mangled, DemangleStyle style)
    {
        int root = _parser.Parse(mangled);
        return root != 0 && _printer.TryPrint(root, _parser.Input, style);
    }
}
