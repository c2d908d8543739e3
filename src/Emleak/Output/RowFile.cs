using System.Globalization;
using System.Text;
using Emleak.Elf;
using Emleak.Recordings.Reports.Text;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Output;

/// <summary>
/// The rows of the statistics while a trace goes on: in their file, and in memory only those that could not be written yet. The file is
/// held by its descriptor, whatever becomes of its name.
/// </summary>
internal sealed class RowFile(SafeFileHandle file) : IDisposable
{
    /// <summary>Rows that wait for room on the disk take so much memory; beyond it the oldest of them are lost.</summary>
    public const int MostWaitingBytes = 16 << 20;

    private readonly Queue<byte[]> _waiting = new();
    private long _length;
    private long _waitingBytes;

    /// <summary>Rows that are in memory alone.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Rows that are lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Takes a row and writes it with all that wait.</summary>
    /// <exception cref="IOException">It could not be written: it waits for the next one.</exception>
    public void Append(DateTimeOffset time, ReadOnlySpan<long> bytes)
    {
        using StringWriter row = new(CultureInfo.InvariantCulture);
        StatisticsReport.WriteRow(row, time, bytes);
        byte[] text = Encoding.ASCII.GetBytes(row.ToString());
        _waiting.Enqueue(text);
        _waitingBytes += text.Length;
        try
        {
            while (_waiting.TryPeek(out byte[]? next)) Write(next);
        }
        catch
        {
            // Of the newest one there is always one left.
            while (_waitingBytes > MostWaitingBytes && _waiting.Count > 1)
            {
                _waitingBytes -= _waiting.Dequeue().Length;
                Lost++;
            }

            throw;
        }
    }

    /// <summary>Writes all rows, each as wide as the last one.</summary>
    public void CopyTo(TextWriter output, int columns)
    {
        PaddedRows rows = new(output, columns);
        byte[] buffer = new byte[1 << 16];
        for (long position = 0; position < _length;)
        {
            int read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - position)), position);
            if (read == 0) throw new IOException(string.Create(CultureInfo.InvariantCulture, $"of {_length} bytes of rows only {position} are there any more"));
            rows.Write(buffer.AsSpan(0, read));
            position += read;
        }

        foreach (byte[] row in _waiting) rows.Write(row);
    }

    public void Dispose() => file.Dispose();

    private void Write(byte[] row)
    {
        try
        {
            RandomAccess.Write(file, row, _length);
        }
        catch
        {
            CutToWholeRows();
            throw;
        }

        _length += row.Length;
        _waitingBytes -= row.Length;
        _waiting.Dequeue();
    }

    // A full disk may have taken a part of a row.
    private void CutToWholeRows()
    {
        try
        {
            RandomAccess.SetLength(file, _length);
        }
        catch (Exception problem) when (SystemError.IsOfFile(problem) || problem is NotSupportedException)
        {
            // The next row is written over it.
        }
    }

    private sealed class PaddedRows(TextWriter output, int columns)
    {
        private readonly char[] _text = new char[1 << 16];
        private int _fields;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length > 0)
            {
                int end = bytes.IndexOf((byte)'\n');
                ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
                WritePart(part);
                bytes = end < 0 ? [] : bytes[(end + 1)..];
                if (end >= 0) EndRow();
            }
        }

        private void WritePart(ReadOnlySpan<byte> part)
        {
            _fields += part.Count((byte)',');
            while (part.Length > 0)
            {
                int length = Math.Min(part.Length, _text.Length);
                Encoding.ASCII.GetChars(part[..length], _text);
                output.Write(_text, 0, length);
                part = part[length..];
            }
        }

        // The first field is the time.
        private void EndRow()
        {
            for (; _fields < columns + 1; _fields++) output.Write("0,");
            output.Write('\n');
            _fields = 0;
        }
    }
}
