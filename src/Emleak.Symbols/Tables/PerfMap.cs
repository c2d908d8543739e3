using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Emleak.Elf;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Tables;

/// <summary>
/// The names that a run-time compiler gives its code, as it writes them: lines of start, size (both hexadecimal) and name
/// (Linux, tools/perf/Documentation/jit-interface.txt). The file only grows; a later line replaces what it overlaps. Not safe for
/// concurrent use.
/// </summary>
internal sealed class PerfMap : IDisposable
{
    // Half a million lines, 40 MB of text, are a large program's.
    private const int MaxEntries = 1 << 20;
    private const long MaxBytes = 1L << 28;
    private const int MaxNameBytes = 1 << 12;

    // No line is so long. Holes of a sparse file have no end of a line at all.
    private const int ChunkBytes = 1 << 17;

    private readonly SafeFileHandle _file;
    private readonly List<PerfMapEntry> _entries = [];
    private IntervalMap? _index;
    private long _position;

    /// <summary>Takes over a regular file.</summary>
    public PerfMap(SafeFileHandle file, FileIdentity identity)
    {
        _file = file;
        Identity = identity;
    }

    /// <summary>What file it is.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Number of pieces of code named so far.</summary>
    public int Count => _entries.Count;

    /// <summary>What is wrong with the file, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads what has been written since the last time.</summary>
    public void Refresh()
    {
        long length = RandomAccess.GetLength(_file);
        if (length < _position) Restart();
        if (length == _position || Problem is not null) return;
        byte[] buffer = new byte[ChunkBytes];
        while (Problem is null && RandomAccess.Read(_file, buffer, _position) is > 0 and int read)
        {
            int taken = Take(buffer.AsSpan(0, read));
            if (taken == 0)
            {
                // The last line may be half written; one that fills the whole buffer is none, and the file no perf map.
                if (read == buffer.Length) Problem = $"the perf map has a line of more than {ChunkBytes} bytes";
                break;
            }

            _position += taken;
            if (_position > MaxBytes || _entries.Count >= MaxEntries) Problem = $"limit reached: the perf map has more than {MaxBytes} bytes or {MaxEntries} lines";
        }

        _index = null;
    }

    /// <summary>The code at an address of the process.</summary>
    public bool TryFind(ulong address, [NotNullWhen(true)] out string? name, out ulong start)
    {
        _index ??= MakeIndex();
        int number = _index.Find(address);
        (name, start) = number == IntervalMap.None ? (null, 0) : (NameOf(_entries[number]), _entries[number].Start);
        return name is not null;
    }

    public void Dispose() => _file.Dispose();

    private void Restart()
    {
        _entries.Clear();
        _index = null;
        _position = 0;
        Problem = null;
    }

    private IntervalMap MakeIndex()
    {
        List<Interval> intervals = new(_entries.Count);
        foreach (PerfMapEntry entry in CollectionsMarshal.AsSpan(_entries)) intervals.Add(new Interval(entry.Start, entry.Start + entry.Size, intervals.Count));
        return new IntervalMapBuilder().Build(intervals);
    }

    /// <summary>Takes whole lines; gives their length.</summary>
    private int Take(ReadOnlySpan<byte> text)
    {
        int position = 0;
        while (_entries.Count < MaxEntries && text[position..].IndexOf((byte)'\n') is >= 0 and int length)
        {
            if (PerfMapEntry.TryRead(text.Slice(position, length), _position + position, MaxNameBytes, out PerfMapEntry entry)) _entries.Add(entry);
            position += length + 1;
        }

        return position;
    }

    // Names are read when they are wanted: few are. What is there by now may be something else, but never more of it.
    private string? NameOf(PerfMapEntry entry)
    {
        Span<byte> bytes = stackalloc byte[entry.NameLength];
        int read = RandomAccess.Read(_file, bytes, entry.NameOffset);
        return read == 0 ? null : Encoding.UTF8.GetString(bytes[..read]);
    }
}
