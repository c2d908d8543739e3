namespace Emleak.Elf;

/// <summary>
/// Bytes that do not follow their format: truncated, inconsistent, or beyond a limit of <see cref="ElfLimits"/>.
/// Every reader of untrusted bytes in this family of libraries reports bad input this way, and only this way.
/// </summary>
public sealed class MalformedDataException : FormatException
{
    /// <summary>Reports a problem found at a place.</summary>
    /// <param name="where">The structure that was being read: a section name such as <c>.BTF</c>, or <c>ELF header</c>.</param>
    /// <param name="offset">Byte offset inside <paramref name="where"/>.</param>
    /// <param name="problem">What is wrong, as half a sentence.</param>
    public MalformedDataException(string where, long offset, string problem)
        : base($"{where}, offset 0x{offset:x}: {problem}")
    {
        Where = where;
        Offset = offset;
    }

    /// <summary>The structure that was being read: a section name, or a name such as <c>ELF header</c>.</summary>
    public string Where { get; }

    /// <summary>Byte offset of the problem inside <see cref="Where"/>.</summary>
    public long Offset { get; }
}
