using Microsoft.Win32.SafeHandles;

namespace Emleak.Elf;

/// <summary>
/// A regular file, read by pread(2) and never mapped: a page of a mapping that lies beyond the end of a file which somebody has shrunk ends the
/// reader with SIGBUS, and no check beforehand helps.
/// </summary>
internal sealed class FileBytes : ByteSource
{
    private readonly SafeFileHandle _file;

    private FileBytes(SafeFileHandle file, in FileStatus status)
    {
        _file = file;
        Length = status.Size;
        Identity = status.Identity;
    }

    /// <summary>Its size when it was opened.</summary>
    public override long Length { get; }

    public override FileIdentity Identity { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="root">The root folder that the path counts from.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or an empty one.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileBytes Open(RootFolder root, string path)
    {
        SafeFileHandle file = root.OpenFile(path, out FileStatus status);
        if (status.Size > 0) return new FileBytes(file, status);
        file.Dispose();
        throw new MalformedDataException(path, 0, "the file is empty");
    }

    public override void Read(ulong offset, Span<byte> destination, string where)
    {
        while (!destination.IsEmpty)
        {
            int read = ReadSome(offset, destination, where);
            if (read == 0) throw new MalformedDataException(where, 0, $"the file has shrunk: it ends before 0x{offset:x}");
            offset += (ulong)read;
            destination = destination[read..];
        }
    }

    public override void Dispose() => _file.Dispose();

    private int ReadSome(ulong offset, Span<byte> destination, string where)
    {
        try
        {
            return RandomAccess.Read(_file, destination, (long)offset);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // A bad disk, a file system that has gone: to whoever wants the bytes it is as if they were damaged.
            throw new MalformedDataException(where, (long)offset, problem.Message);
        }
    }
}
