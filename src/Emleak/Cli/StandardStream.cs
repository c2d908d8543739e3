using System.Text;
using Emleak.Target;

namespace Emleak.Cli;

/// <summary>
/// Standard output or standard error, and nothing else. .NET's own switches a terminal's keypad to another mode when it writes first, and
/// again when the process was stopped and is continued; but the terminal may be that of a program that emleak runs.
/// </summary>
internal sealed class StandardStream : Stream
{
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = descriptor;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Lets the console write by such streams.</summary>
    public static void Install()
    {
        Console.SetOut(Writer(descriptor: 1));
        Console.SetError(Writer(descriptor: 2));
    }

    /// <summary>A reader that has gone is no error: what is told to nobody is lost.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => Libc.Write(_descriptor, buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static StreamWriter Writer(int descriptor) => new(new StandardStream(descriptor), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
}
