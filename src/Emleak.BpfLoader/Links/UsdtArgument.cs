using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Emleak.BpfLoader.Links;

/// <summary>Where an argument of a USDT probe is, as the note says it in the assembler's words.</summary>
/// <param name="Kind">How it is got.</param>
/// <param name="Value">The constant, or what is added to the address.</param>
/// <param name="Register">The register, as its offset in <c>struct pt_regs</c>.</param>
/// <param name="Index">For <see cref="UsdtArgumentKind.IndexedMemory"/>: the register that counts elements.</param>
/// <param name="ScaleShift">The size of an element is 1 shifted left by this.</param>
/// <param name="Size">Bytes, negative for signed numbers.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly partial record struct UsdtArgument(UsdtArgumentKind Kind, long Value, int Register, int Index, int ScaleShift, int Size)
{
    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    private const int MatchTime = 1000;

    /// <summary>Bits to clear, or fill with the sign, at the top of 64.</summary>
    public int Shift => 64 - (8 * Math.Abs(Size));

    /// <summary>Reads the arguments of a note, which spaces separate.</summary>
    /// <exception cref="FormatException">One of them is of a form that is not known.</exception>
    public static UsdtArgument[] ParseAll(string arguments, Architecture architecture)
    {
        List<UsdtArgument> all = [];
        // Only aarch64 writes spaces within an argument: "8@[sp, 16]".
        foreach (Match part in Parts().Matches(arguments)) all.Add(Parse(part.Value, architecture));
        return [.. all];
    }

    private static UsdtArgument Parse(string text, Architecture architecture)
    {
        Match match = (architecture == Architecture.X64 ? X64() : Arm64()).Match(text);
        if (!match.Success || !int.TryParse(match.Groups["size"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int size)
            || Math.Abs(size) is not (1 or 2 or 4 or 8))
        {
            throw new FormatException($"argument '{text}' is of a form that is not known");
        }

        int RegisterOf(string group) => UsdtRegisters.OffsetOf(match.Groups[group].Value, architecture)
            ?? throw new FormatException($"argument '{text}' is in a register that programs do not get");
        if (match.Groups["constant"].Success) return new(UsdtArgumentKind.Constant, Number(match.Groups["constant"], text), 0, 0, 0, size);
        if (match.Groups["register"].Success) return new(UsdtArgumentKind.Register, 0, RegisterOf("register"), 0, 0, size);
        long offset = match.Groups["offset"].Success ? Number(match.Groups["offset"], text) : 0;
        if (!match.Groups["index"].Success) return new(UsdtArgumentKind.Memory, offset, RegisterOf("base"), 0, 0, size);
        int shift = match.Groups["scale"].Success ? int.TrailingZeroCount(match.Groups["scale"].ValueSpan[0] - '0') : 0;
        return new(UsdtArgumentKind.IndexedMemory, offset, RegisterOf("base"), RegisterOf("index"), shift, size);
    }

    // Constants may be written without a sign and fill all 64 bits.
    private static long Number(Group digits, string text)
    {
        ReadOnlySpan<char> number = digits.ValueSpan;
        bool isNegative = number[0] == '-';
        if (number[0] is '-' or '+') number = number[1..];
        bool isHex = number.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(isHex ? number[2..] : number, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? unchecked(isNegative ? -(long)value : (long)value) : throw new FormatException($"argument '{text}' has a number of more than 64 bits");
    }

    [GeneratedRegex(@"[^\s@]+@(\[[^\]]*\]|\S+)|\S+", Options, MatchTime)]
    private static partial Regex Parts();

    // 8@%rax  -4@-20(%rbp)  8@-96(%rbp,%rax,8)  1@(%rsp,%rdx)  -4@$-9
    [GeneratedRegex(
        @"^(?<size>-?[0-9])@(\$(?<constant>[+-]?(0x)?[0-9a-fA-F]+)|%(?<register>\w+)|(?<offset>[+-]?(0x)?[0-9a-fA-F]+)?\(%(?<base>\w+)(,%(?<index>\w+)(,(?<scale>[1248]))?)?\))$",
        Options, MatchTime)]
    private static partial Regex X64();

    // 8@x0  -4@[sp, 12]  8@[x19]  -4@5
    [GeneratedRegex(
        @"^(?<size>-?[0-9])@((?<constant>[+-]?(0x)?[0-9]+)|(?<register>[a-z][a-z0-9]*)|\[(?<base>[a-z][a-z0-9]*)(,\s*(?<offset>[+-]?(0x)?[0-9]+))?\])$",
        Options, MatchTime)]
    private static partial Regex Arm64();
}
