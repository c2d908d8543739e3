using Emleak.Elf;
using Emleak.Symbols.Unwind;
using FileTable = Emleak.Symbols.Unwind.UnwindTable;
using FileRule = Emleak.Symbols.Unwind.UnwindRule;
using KnownRule = Emleak.Tracing.Records.KnownRule;
using UnwindRule = Emleak.Tracing.Records.UnwindRule;

namespace Emleak.Tracing.Unwinding;

/// <summary>What a file says about walking the stack, in the programs' words: a table for each part of it that is code.</summary>
internal static class FileTables
{
    public static IEnumerable<(CodeSegment Segment, UnwindTable Table)> Of(ElfImage image, FileTable table, RuleTable rules)
    {
        IReadOnlyList<CodeRule> more = image.Machine == ElfMachine.X64 ? [.. X64Prologues.Analyze(image, table), .. GoStackSwitch.Find(image)] : [];
        if (table.Rows.IsEmpty && more.Count == 0) yield break;
        uint[] numbers = NumbersOf(image.Machine, table, rules);
        (ulong Start, ulong End, uint Rule)[] added = [.. more.OrderBy(range => range.Start).Select(range => (range.Start, range.End, rules.NumberOf(range.Rule)))];
        foreach (ElfSegment segment in image.Segments)
        {
            if (segment is not { IsLoad: true, IsExecutable: true, FileSize: > 0 }) continue;
            CodeSegment code = CodeSegment.Of(segment);
            yield return (code, Build(code, table, numbers, added));
        }
    }

    // What is added stands before what the file says.
    private static UnwindTable Build(CodeSegment code, FileTable table, uint[] numbers, ReadOnlySpan<(ulong Start, ulong End, uint Rule)> added)
    {
        UnwindTableBuilder builder = new(code.Address, code.Address + code.Size);
        uint rule = (uint)KnownRule.None;
        ulong covered = 0;
        foreach (UnwindRow row in table.Rows)
        {
            ulong address = table.Start + row.Offset;
            AddRanges(builder, ref added, address, rule, ref covered);
            rule = numbers[row.Rule];
            if (address >= covered) builder.Add(address, rule);
        }

        AddRanges(builder, ref added, ulong.MaxValue, rule, ref covered);
        return builder.Build();
    }

    // Those that begin before an address; behind each, the file's rule is in force again.
    private static void AddRanges(UnwindTableBuilder builder, ref ReadOnlySpan<(ulong Start, ulong End, uint Rule)> added, ulong until, uint rule, ref ulong covered)
    {
        while (true)
        {
            bool isNext = !added.IsEmpty && added[0].Start < until;
            if (covered != 0 && covered < until && (!isNext || added[0].Start > covered))
            {
                builder.Add(covered, rule);
                covered = 0;
            }

            if (!isNext) return;
            builder.Add(added[0].Start, added[0].Rule);
            covered = added[0].End;
            added = added[1..];
        }
    }

    private static uint[] NumbersOf(ElfMachine machine, FileTable table, RuleTable rules)
    {
        var numbers = new uint[table.Rules.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = rules.NumberOf(Translate(machine, table.Rules[i]));
        return numbers;
    }

    private static UnwindRule Translate(ElfMachine machine, in FileRule rule)
    {
        // On x86-64 the walk looks for the return address where every call puts it; on aarch64 it must have been saved.
        bool isSaved = machine == ElfMachine.X64 ? rule.ReturnAddress == -1 : rule.ReturnAddress != 0;
        bool isFollowed = rule.Kind < Symbols.Unwind.UnwindKind.StackPointer || isSaved;
        return isFollowed
            ? new UnwindRule
            {
                CfaOffset = rule.CfaOffset,
                At = rule.At,
                FramePointer = rule.FramePointer,
                ReturnAddress = rule.ReturnAddress,
                Kind = (Records.UnwindKind)rule.Kind,
            }
            : new UnwindRule { Kind = Records.UnwindKind.Unknown };
    }
}
