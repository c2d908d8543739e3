namespace Emleak.Recordings.Format;

/// <summary>Whole lines of a stream, within limits. A last line without an end is not one.</summary>
/// <param name="input">The text.</param>
/// <param name="limits">How much of it.</param>
internal sealed class LineReader(Stream input, RecordingLimits limits)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private long _total;

    /// <summary>The next line without its end. It is overwritten by the one after.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="RecordingException">It is too long.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int searched = _start;
        while (true)
        {
            int found = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = _buffer.AsSpan(_start, searched + found - _start);
                _start = searched + found + 1;
                return true;
            }

            searched = _end;
            int start = _start;
            if (Fill())
            {
                searched -= start - _start;
                continue;
            }

            line = default;
            return false;
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_end >= limits.LineBytes) throw new RecordingException($"damaged recording: a line of more than {limits.LineBytes} bytes");
            Array.Resize(ref _buffer, (int)Math.Min((long)limits.LineBytes, _buffer.Length * 2L));
        }

        int read = Read();
        _end += read;
        _total += read;
        if (_total > limits.TextBytes) throw new RecordingException($"damaged recording: more than {limits.TextBytes} bytes of text");
        return read > 0;
    }

    private int Read()
    {
        try
        {
            return input.Read(_buffer, _end, _buffer.Length - _end);
        }
        catch (InvalidDataException)
        {
            // Compressed text that ends too early, or was damaged where it was not yet on the disk.
            return 0;
        }
    }
}
