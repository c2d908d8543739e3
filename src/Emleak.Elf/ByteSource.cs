namespace Emleak.Elf;

/// <summary>Where the bytes of an image are. Safe for concurrent readers.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>How many there are.</summary>
    public abstract long Length { get; }

    /// <summary>The file; the default value for bytes in memory.</summary>
    public virtual FileIdentity Identity => default;

    /// <summary>Copies bytes.</summary>
    /// <param name="offset">Where they start.</param>
    /// <param name="destination">Filled.</param>
    /// <param name="where">What they are, for messages.</param>
    /// <exception cref="MalformedDataException">There are not so many any more.</exception>
    public abstract void Read(ulong offset, Span<byte> destination, string where);

    /// <summary>Bytes that need not be copied; false when there are none.</summary>
    public virtual bool TryGetInPlace(ulong offset, int size, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return false;
    }

    public abstract void Dispose();

    /// <summary>Refuses a range that does not lie inside.</summary>
    /// <exception cref="MalformedDataException">It ends after the bytes, or is over 2 GiB.</exception>
    public int Check(ulong offset, ulong size, string where)
    {
        if (offset > (ulong)Length || size > (ulong)Length - offset)
        {
            throw new MalformedDataException(where, 0, $"file range 0x{offset:x}+0x{size:x} ends after the file (0x{Length:x} bytes)");
        }

        return size <= int.MaxValue ? (int)size : throw new MalformedDataException(where, 0, "larger than 2 GiB");
    }
}
