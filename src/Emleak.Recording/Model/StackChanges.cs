using System.Runtime.CompilerServices;

namespace Emleak.Recordings.Model;

/// <summary>
/// How the stacks' numbers differ from the snapshot before, in memory as compact as in the file: of each stack that changed its distance from
/// the last one and a difference for each column, as variable-length integers.
/// </summary>
public sealed class StackChanges
{
    /// <summary>No change.</summary>
    public static StackChanges None { get; } = new([], 0, 1);

    private readonly byte[] _bytes;

    private StackChanges(byte[] bytes, int count, int columns)
    {
        _bytes = bytes;
        Count = count;
        Columns = columns;
    }

    /// <summary>How many stacks changed.</summary>
    public int Count { get; }

    /// <summary>How many numbers each stack has.</summary>
    public int Columns { get; }

    /// <summary>Reads the changes, ascending by stack.</summary>
    public Reader Read() => new(this);

    /// <summary>One pass over the changes.</summary>
    public ref struct Reader
    {
        private readonly ReadOnlySpan<byte> _bytes;
        private int _left;
        private int _position;
        private int _stack;

        internal Reader(StackChanges changes)
        {
            _bytes = changes._bytes;
            _left = changes.Count;
            _stack = -1;
        }

        /// <summary>Reads the next stack's.</summary>
        /// <param name="stack">Index of the stack.</param>
        /// <param name="differences">A number for each column.</param>
        /// <returns>False at the end.</returns>
        public bool TryRead(out int stack, Span<long> differences)
        {
            stack = -1;
            if (_left == 0) return false;
            _left--;
            stack = _stack += (int)ReadNumber();
            for (int i = 0; i < differences.Length; i++)
            {
                ulong number = ReadNumber();
                differences[i] = (long)(number >> 1) ^ -(long)(number & 1);
            }

            return true;
        }

        private ulong ReadNumber()
        {
            ulong number = _bytes[_position++];
            if (number < 0x80) return number;
            number &= 0x7f;
            for (int shift = 7; ; shift += 7)
            {
                byte next = _bytes[_position++];
                number |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80) return number;
            }
        }
    }

    /// <summary>Collects changes, ascending by stack.</summary>
    internal sealed class Writer(int columns)
    {
        private const int LongestNumber = 10;

        private byte[] _bytes = new byte[256];
        private int _length;
        private int _count;
        private int _last = -1;

        /// <summary>Adds a stack's, which come after all before.</summary>
        public void Add(int stack, ReadOnlySpan<long> differences)
        {
            int need = _length + ((columns + 1) * LongestNumber);
            if (need > _bytes.Length) Array.Resize(ref _bytes, Math.Max(need, _bytes.Length * 2));
            Append((ulong)(stack - _last));
            foreach (long difference in differences) Append(((ulong)difference << 1) ^ (ulong)(difference >> 63));
            _last = stack;
            _count++;
        }

        /// <summary>What was added, and an empty writer again.</summary>
        public StackChanges Take()
        {
            StackChanges changes = _count == 0 ? None : new(_bytes.AsSpan(0, _length).ToArray(), _count, columns);
            (_length, _count, _last) = (0, 0, -1);
            return changes;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Append(ulong number)
        {
            while (number >= 0x80)
            {
                _bytes[_length++] = (byte)(number | 0x80);
                number >>= 7;
            }

            _bytes[_length++] = (byte)number;
        }
    }

    /// <summary>The changes of two snapshots, one after the other, as those of one.</summary>
    internal static StackChanges Merge(StackChanges first, StackChanges second)
    {
        if (first.Count == 0) return second;
        if (second.Count == 0) return first;
        int columns = first.Columns;
        Writer merged = new(columns);
        Span<long> a = new long[columns];
        Span<long> b = new long[columns];
        Reader firsts = first.Read();
        Reader seconds = second.Read();
        bool hasFirst = firsts.TryRead(out int left, a);
        bool hasSecond = seconds.TryRead(out int right, b);
        while (hasFirst || hasSecond)
        {
            if (hasFirst && hasSecond && left == right)
            {
                for (int i = 0; i < columns; i++) a[i] += b[i];
                if (a.ContainsAnyExcept(0)) merged.Add(left, a);
                hasFirst = firsts.TryRead(out left, a);
                hasSecond = seconds.TryRead(out right, b);
            }
            else if (!hasSecond || (hasFirst && left < right))
            {
                merged.Add(left, a);
                hasFirst = firsts.TryRead(out left, a);
            }
            else
            {
                merged.Add(right, b);
                hasSecond = seconds.TryRead(out right, b);
            }
        }

        return merged.Take();
    }
}
