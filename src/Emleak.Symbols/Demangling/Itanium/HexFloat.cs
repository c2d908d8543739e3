using System.Globalization;

namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// Writes the bits of a floating point literal as C's <c>printf("%a")</c> does with the C library of GNU: exactly, in base 16.
/// </summary>
internal static class HexFloat
{
    private const int FractionBits = 52;
    private const int ExponentBias = 1023;
    private const int ExponentMask = 0x7FF;
    private const int LongExponentBias = 16383;
    private const int LongExponentMask = 0x7FFF;

    /// <param name="output">Where to write.</param>
    /// <param name="digits">8, 16 or 20 hexadecimal digits: float, double or the x87's long double, highest byte first.</param>
    public static void Append(OutputText output, ReadOnlySpan<byte> digits)
    {
        switch (digits.Length)
        {
            case 8:
                float single = BitConverter.UInt32BitsToSingle(uint.Parse(digits, NumberStyles.AllowHexSpecifier));
                AppendDouble(output, BitConverter.DoubleToUInt64Bits(single));
                output.Append('f');
                break;
            case 16:
                AppendDouble(output, ulong.Parse(digits, NumberStyles.AllowHexSpecifier));
                break;
            default:
                AppendLongDouble(output, digits);
                output.Append('L');
                break;
        }
    }

    private static void AppendDouble(OutputText output, ulong bits)
    {
        AppendSign(output, bits >> 63 != 0);
        int exponent = (int)(bits >> FractionBits) & ExponentMask;
        ulong fraction = bits & ((1UL << FractionBits) - 1);
        if (exponent == ExponentMask)
        {
            output.Append(fraction == 0 ? "inf"u8 : "nan"u8);
            return;
        }

        bool isZero = exponent == 0 && fraction == 0;
        output.Append(exponent == 0 ? "0x0"u8 : "0x1"u8);
        AppendFraction(output, fraction << (64 - FractionBits));
        AppendExponent(output, isZero ? 0 : Math.Max(exponent, 1) - ExponentBias);
    }

    // The x87 stores the leading bit; the digit before the point is made of the top four.
    private static void AppendLongDouble(OutputText output, ReadOnlySpan<byte> digits)
    {
        int head = int.Parse(digits[..4], NumberStyles.AllowHexSpecifier);
        ulong significand = ulong.Parse(digits[4..], NumberStyles.AllowHexSpecifier);
        int exponent = head & LongExponentMask;
        AppendSign(output, head > LongExponentMask);

        bool hasLeadingBit = significand >> 63 != 0;
        bool isInvalid = exponent != 0 && !hasLeadingBit;
        if (exponent == LongExponentMask || isInvalid)
        {
            output.Append(hasLeadingBit && significand << 1 == 0 ? "inf"u8 : "nan"u8);
            return;
        }

        output.Append("0x"u8);
        output.Append("0123456789abcdef"[(int)(significand >> 60)]);
        AppendFraction(output, significand << 4);
        AppendExponent(output, significand == 0 ? 0 : Math.Max(exponent, 1) - LongExponentBias - 3);
    }

    private static void AppendSign(OutputText output, bool isNegative)
    {
        if (isNegative) output.Append('-');
    }

    private static void AppendFraction(OutputText output, ulong fraction)
    {
        if (fraction != 0) output.Append('.');
        for (; fraction != 0; fraction <<= 4) output.Append("0123456789abcdef"[(int)(fraction >> 60)]);
    }

    private static void AppendExponent(OutputText output, int exponent)
    {
        output.Append('p');
        output.Append(exponent < 0 ? '-' : '+');
        output.AppendNumber((ulong)Math.Abs(exponent));
    }
}
