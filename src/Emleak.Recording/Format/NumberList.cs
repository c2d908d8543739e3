using System.Text.Json;

namespace Emleak.Recordings.Format;

/// <summary>A list of whole numbers.</summary>
internal sealed class NumberList
{
    private long[] _numbers = [];

    /// <summary>How many; -1 when there is no list.</summary>
    public int Count { get; private set; } = -1;

    public ReadOnlySpan<long> Numbers => _numbers.AsSpan(0, Math.Max(Count, 0));

    public void Clear() => Count = -1;

    /// <summary>Reads what stands between the brackets of a list.</summary>
    /// <exception cref="JsonException">Something is no whole number.</exception>
    public void Read(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t"u8);
        Count = text.IsEmpty ? 0 : text.Count((byte)',') + 1;
        if (Count > _numbers.Length) _numbers = new long[Math.Max(Count, 2 * _numbers.Length)];
        int at = 0;
        for (int i = 0; i < Count; i++)
        {
            while (at < text.Length && text[at] is (byte)' ' or (byte)'\t') at++;
            _numbers[i] = ReadNumber(text, ref at);
            while (at < text.Length && text[at] is (byte)' ' or (byte)'\t') at++;
            if (at < text.Length && text[at++] != ',') throw NoNumber();
        }
    }

    private static long ReadNumber(ReadOnlySpan<byte> text, ref int at)
    {
        // As many digits of any value fit; one more may not.
        const int Safe = 18, Longest = 19;
        bool isNegative = at < text.Length && text[at] == '-';
        if (isNegative) at++;
        int first = at;
        ulong number = 0;
        for (; at < text.Length && at - first <= Longest && (uint)(text[at] - '0') <= 9; at++) number = (number * 10) + (uint)(text[at] - '0');
        int digits = at - first;
        if (digits == 0 || digits > Longest || (digits > 1 && text[first] == '0')) throw NoNumber();
        if (digits > Safe && number > long.MaxValue + (isNegative ? 1UL : 0)) throw NoNumber();
        return isNegative ? unchecked(-(long)number) : (long)number;
    }

    private static JsonException NoNumber() => new("a column of a snapshot has something that is no number");
}
