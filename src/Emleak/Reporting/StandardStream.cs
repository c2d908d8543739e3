using System.Runtime.InteropServices;
using Emleak.Target;

namespace Emleak.Reporting;

/// <summary>
/// Standard output or standard error, and nothing else. .NET's own switches a terminal's keypad to another mode when it writes first, and
/// again when the process was stopped and is continued; but the terminal may be that of a program that emleak runs.
/// </summary>
internal sealed unsafe partial class StandardStream : Stream
{
    // errno(3), fcntl(2)
    private const int Interrupted = 4, BadDescriptor = 9, NotNow = 11, BrokenPipe = 32;
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    private readonly int _descriptor;
    private long _written;

    /// <param name="descriptor">1 or 2.</param>
    public StandardStream(int descriptor)
    {
        _descriptor = descriptor;

        // One that was closed when emleak started may be a file of ours by now. What is inherited never has the flag.
        int flags = DescriptorFlags(descriptor, GetDescriptorFlags);
        if (flags < 0 || (flags & CloseOnExec) != 0) Error = BadDescriptor;
        IsTerminal = Error == 0 && IsTty(descriptor) == 1;
    }

    /// <summary>True when a person looks at it.</summary>
    public bool IsTerminal { get; }

    /// <summary>Bytes that were taken so far.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>The error number that ended the writing; 0 while it goes on. What is written afterwards is lost.</summary>
    public int Error { get; private set; }

    /// <summary>True when there is nobody to write to: no reader any more, or the descriptor was closed from the start.</summary>
    public bool HasNoReader => Error is BrokenPipe or BadDescriptor;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0 && Error == 0)
        {
            nint written;
            fixed (byte* first = buffer) written = WriteTo(_descriptor, first, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                Volatile.Write(ref _written, _written + written);
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == NotNow) Libc.Poll([PollDescriptor.ForWriting(_descriptor)], TimeSpan.MaxValue);
            else if (error != Interrupted) Error = error;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTty(int descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int DescriptorFlags(int descriptor, int command, int unused = 0);
}
