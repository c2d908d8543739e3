using System.Globalization;

namespace Emleak.Lookup;

/// <summary>A line that asks for an address.</summary>
/// <param name="Text">The line.</param>
/// <param name="Address">The address; null when the line is none.</param>
internal readonly record struct Question(string Text, ulong? Address)
{
    public static Question Read(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) digits = digits[2..];
        return new(text, ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address) ? address : null);
    }
}
