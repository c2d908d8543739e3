using Emleak.Elf;

namespace Emleak.Symbols.Precompiled;

/// <summary>
/// A file as the framework's reader of .NET libraries wants it. Of a stream that is no file stream it copies what it needs; it would map a file. What it
/// copies is paid for until the stream is closed.
/// </summary>
internal sealed class LibraryStream(ByteSource source, MemoryBudget budget) : Stream
{
    private const string Where = ".NET library";

    private long _taken;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => source.Length;

    public override long Position { get; set; }

    /// <exception cref="MalformedDataException">The file has shrunk, or the limit is reached.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (Position < 0) throw new MalformedDataException(Where, Position, "before the file");
        int count = (int)Math.Clamp(Length - Position, 0, buffer.Length);
        budget.Take(count, Where);
        _taken += count;
        source.Read((ulong)Position, buffer[..count], Where);
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => Length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            budget.Return(_taken);
            _taken = 0;
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
