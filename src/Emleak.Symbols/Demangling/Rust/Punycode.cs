using System.Text;

namespace Emleak.Symbols.Demangling.Rust;

/// <summary>
/// Decodes identifiers that are not ASCII: RFC 3492, with an underscore instead of the hyphen and digits in lower case only.
/// </summary>
internal static class Punycode
{
    /// <summary>
    /// Longer identifiers are refused. Every code point is inserted somewhere, which costs the square of the length.
    /// </summary>
    private const int MaxLength = 512;

    private const int Base = 36;
    private const int TMin = 1;
    private const int TMax = 26;
    private const int Skew = 38;
    private const int Damp = 700;
    private const int InitialBias = 72;
    private const int InitialCodePoint = 0x80;

    public static bool TryDecode(ReadOnlySpan<byte> encoded, OutputText output)
    {
        if (encoded.Length > MaxLength) return false;
        Span<int> codePoints = stackalloc int[MaxLength];
        int count = TakeBasicCodePoints(ref encoded, codePoints);

        int codePoint = InitialCodePoint;
        int bias = InitialBias;
        int index = 0;
        for (bool isFirst = true; !encoded.IsEmpty; isFirst = false, index++)
        {
            if (!TryReadDelta(ref encoded, bias, out int delta) || delta > int.MaxValue - index) return false;
            index += delta;
            count++;
            bias = Adapt(delta, count, isFirst);
            if (index / count > int.MaxValue - codePoint) return false;
            codePoint += index / count;
            index %= count;
            if (!Rune.IsValid(codePoint)) return false;
            codePoints[index..(count - 1)].CopyTo(codePoints[(index + 1)..]);
            codePoints[index] = codePoint;
        }

        Span<byte> utf8 = stackalloc byte[4];
        foreach (int decoded in codePoints[..count]) output.Append(utf8[..new Rune(decoded).EncodeToUtf8(utf8)]);
        return true;
    }

    // ASCII comes first, up to the last underscore.
    private static int TakeBasicCodePoints(ref ReadOnlySpan<byte> encoded, scoped Span<int> codePoints)
    {
        int count = encoded.LastIndexOf((byte)'_');
        if (count < 0) return 0;
        for (int i = 0; i < count; i++) codePoints[i] = encoded[i];
        encoded = encoded[(count + 1)..];
        return count;
    }

    private static bool TryReadDelta(ref ReadOnlySpan<byte> encoded, int bias, out int delta)
    {
        long value = 0;
        long weight = 1;
        delta = 0;
        for (int k = Base; !encoded.IsEmpty; k += Base)
        {
            int digit = (char)encoded[0] switch
            {
                >= 'a' and <= 'z' => encoded[0] - 'a',
                >= '0' and <= '9' => encoded[0] - '0' + 26,
                _ => -1,
            };
            if (digit < 0) return false;
            encoded = encoded[1..];
            value += digit * weight;
            int threshold = Math.Clamp(k - bias, TMin, TMax);
            if (value > int.MaxValue) return false;
            if (digit < threshold)
            {
                delta = (int)value;
                return true;
            }

            weight *= Base - threshold;
            if (weight > int.MaxValue) return false;
        }

        return false;
    }

    private static int Adapt(int delta, int count, bool isFirst)
    {
        delta /= isFirst ? Damp : 2;
        delta += delta / count;
        int k = 0;
        for (; delta > (Base - TMin) * TMax / 2; k += Base) delta /= Base - TMin;
        return k + (Base - TMin + 1) * delta / (delta + Skew);
    }
}
