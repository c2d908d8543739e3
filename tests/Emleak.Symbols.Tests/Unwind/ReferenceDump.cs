using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Tests.Unwind;

/// <summary>Reads what llvm-dwarfdump prints of call-frame information, and says it in our words.</summary>
internal sealed partial class ReferenceDump(string stackPointer, string framePointer, string returnAddress)
{
    private readonly HashSet<string> _signalEntries = [];

    public static ReferenceDump X64 { get; } = new("RSP", "RBP", "RIP");

    public static ReferenceDump Arm64 { get; } = new("WSP", "W29", "W30");

    public List<ReferenceRow> Read(string dump)
    {
        List<ReferenceRow> rows = [];
        string entry = "";
        (ulong start, ulong end, bool isSignal) = (0, 0, false);
        foreach (string line in dump.Split('\n'))
        {
            if (CommonHeader().Match(line) is { Success: true } common) (entry, start, end) = (common.Groups["at"].Value, 0, 0);
            else if (Augmentation().Match(line) is { Success: true } letters && letters.Groups["letters"].Value.Contains('S', StringComparison.Ordinal)) _signalEntries.Add(entry);
            else if (FunctionHeader().Match(line) is { Success: true } header)
            {
                (start, end) = (Number(header.Groups["start"].Value), Number(header.Groups["end"].Value));
                isSignal = _signalEntries.Contains(header.Groups["common"].Value);
            }
            else if (end > start && Row().Match(line) is { Success: true } row)
            {
                rows.Add(new ReferenceRow(
                    Number(row.Groups["address"].Value), start, end, isSignal ? UnwindRule.Of(UnwindKind.Signal) : RuleOf(row.Groups["cfa"].Value, row.Groups["registers"].Value)));
            }
        }

        return rows;
    }

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static int Signed(string text) => text.Length == 0 ? 0 : int.Parse(text, CultureInfo.InvariantCulture);

    private UnwindRule RuleOf(string cfa, string registers)
    {
        UnwindRule unknown = UnwindRule.Of(UnwindKind.Unknown);
        string? saved = null, back = null;
        foreach (Match register in Register().Matches(registers))
        {
            if (register.Groups["name"].Value == framePointer) saved = register.Groups["place"].Value;
            if (register.Groups["name"].Value == returnAddress) back = register.Groups["place"].Value;
        }

        if (back == "undefined") return UnwindRule.Of(UnwindKind.Outermost);
        if (CfaOf(cfa) is not UnwindRule rule) return unknown;
        if (saved == $"[DW_OP_breg6 {framePointer}+0]") rule = rule with { FramePointer = UnwindRule.AtFramePointerItself };
        else if (saved is not (null or "undefined" or "same"))
        {
            if (SlotOf(saved) is not short slot) return unknown;
            rule = rule with { FramePointer = slot };
        }

        if (back is null) return rule;
        return SlotOf(back) is short place ? rule with { ReturnAddress = place } : unknown;
    }

    private static short? SlotOf(string place) =>
        Slot().Match(place) is { Success: true } slot && Signed(slot.Groups["offset"].Value) is int offset && offset % 8 == 0 ? (short)(offset / 8) : null;

    private UnwindRule? CfaOf(string text)
    {
        if (text == "DW_OP_breg7 RSP+8, DW_OP_breg16 RIP+0, DW_OP_lit15, DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus")
        {
            return new UnwindRule(8, 11, 0, 0, UnwindKind.LinkageTable);
        }

        if (Plain().Match(text) is { Success: true } plain)
        {
            int offset = Signed(plain.Groups["offset"].Value);
            string register = plain.Groups["register"].Value;
            return register == stackPointer ? new UnwindRule(offset, 0, 0, 0, UnwindKind.StackPointer)
                : register == framePointer ? new UnwindRule(offset, 0, 0, 0, UnwindKind.FramePointer)
                : null;
        }

        if (Stored().Match(text) is not { Success: true } stored) return null;
        string added = stored.Groups["added"].Value;
        int beyond = added.Length == 0 ? 0 : int.Parse(added, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new UnwindRule(
            beyond,
            Signed(stored.Groups["offset"].Value),
            0,
            0,
            stored.Groups["register"].Value == stackPointer ? UnwindKind.AtStackPointer : UnwindKind.AtFramePointer);
    }

    [GeneratedRegex(@"^(?<at>[0-9a-f]+) .* CIE", RegexOptions.ExplicitCapture)]
    private static partial Regex CommonHeader();

    [GeneratedRegex(@"^  Augmentation: +""(?<letters>.*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Augmentation();

    [GeneratedRegex(@" FDE cie=(?<common>[0-9a-f]+) pc=(?<start>[0-9a-f]+)\.\.\.(?<end>[0-9a-f]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex FunctionHeader();

    [GeneratedRegex(@"^  0x(?<address>[0-9a-f]+): CFA=(?<cfa>.*?)(: (?<registers>[A-Zreg][A-Za-z0-9]*=.*))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex(@"(?<name>\w+)=(?<place>undefined|same|\[[^\]]*\]|[^,]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Register();

    [GeneratedRegex(@"^\[CFA(?<offset>[-+]\d+)?\]$", RegexOptions.ExplicitCapture)]
    private static partial Regex Slot();

    [GeneratedRegex(@"^(?<register>\w+)(?<offset>[-+]\d+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Plain();

    [GeneratedRegex(@"^DW_OP_breg[67] (?<register>\w+)(?<offset>[-+]\d+), DW_OP_deref(, DW_OP_plus_uconst 0x(?<added>[0-9a-f]+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Stored();
}
