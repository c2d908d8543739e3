namespace Emleak.Symbols;

/// <summary>Why an address has no function name.</summary>
public enum MissingReason
{
    /// <summary>It has one.</summary>
    None = 0,

    /// <summary>No memory was seen at the address.</summary>
    NotMapped,

    /// <summary>The memory comes from no file, or from a memory file that is no library: code generated at run time.</summary>
    AnonymousCode,

    /// <summary>The memory is the kernel's, or provided by it: <c>[kernel]</c>, <c>[vdso]</c>, <c>[vsyscall]</c>.</summary>
    KernelProvided,

    /// <summary>The memory was never executable: heap, stack, data. Not an address of code, or of code that is gone.</summary>
    NotCode,

    /// <summary>The file could not be opened or read.</summary>
    FileUnreadable,

    /// <summary>The file, or its symbol table, is corrupt or in another format than ELF.</summary>
    FileMalformed,

    /// <summary>The place in the file belongs to no segment that is loaded.</summary>
    NotInSegment,

    /// <summary>The file is stripped and no separate debug file was found.</summary>
    NoSymbols,

    /// <summary>There are symbols, and none covers the address.</summary>
    NoSymbolCovers,
}
