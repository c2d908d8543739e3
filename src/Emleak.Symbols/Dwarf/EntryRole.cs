namespace Emleak.Symbols.Dwarf;

/// <summary>What an entry means to the search for code.</summary>
internal enum EntryRole : byte
{
    /// <summary>Nothing; what is inside may matter.</summary>
    Plain,

    /// <summary>A function.</summary>
    Function,

    /// <summary>A function that was inlined into the one around it.</summary>
    Inlined,

    /// <summary>
    /// A class. Outside functions it holds no code, only declarations; the member functions of a class that is local to
    /// a function may have theirs in it.
    /// </summary>
    Class,

    /// <summary>Neither it nor what is inside has code.</summary>
    Codeless,
}
