using System.Buffers.Text;
using System.Text;

namespace Emleak.Lookup;

/// <summary>A line that asks for an address.</summary>
/// <param name="Address">The address; 0 when the line is none.</param>
/// <param name="Refused">The line, when it is no address; otherwise null.</param>
internal readonly record struct Question(ulong Address, string? Refused)
{
    public static Question Read(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> digits = line.Trim(" \t\r\n"u8);
        if (digits.StartsWith("0x"u8) || digits.StartsWith("0X"u8)) digits = digits[2..];
        return Utf8Parser.TryParse(digits, out ulong address, out int read, 'x') && read == digits.Length
            ? new Question(address, null)
            : new Question(0, Encoding.UTF8.GetString(line));
    }
}
