using Emleak.Elf;
using Emleak.Symbols.Unwind;
using FileTable = Emleak.Symbols.Unwind.UnwindTable;
using FileRule = Emleak.Symbols.Unwind.UnwindRule;
using UnwindRule = Emleak.Tracing.Records.UnwindRule;

namespace Emleak.Tracing.Unwinding;

/// <summary>What a file says about walking the stack, in the programs' words: a table for each part of it that is code.</summary>
internal static class FileTables
{
    public static IEnumerable<(CodeSegment Segment, UnwindTable Table)> Of(ElfImage image, FileTable table, RuleTable rules)
    {
        if (table.Rows.IsEmpty) yield break;
        uint[] numbers = NumbersOf(image.Machine, table, rules);
        foreach (ElfSegment segment in image.Segments)
        {
            if (segment is not { IsLoad: true, IsExecutable: true, FileSize: > 0 }) continue;
            CodeSegment code = CodeSegment.Of(segment);
            yield return (code, Build(code, table, numbers));
        }
    }

    private static UnwindTable Build(CodeSegment code, FileTable table, uint[] numbers)
    {
        UnwindTableBuilder builder = new(code.Address, code.Address + code.Size);
        foreach (UnwindRow row in table.Rows) builder.Add(table.Start + row.Offset, numbers[row.Rule]);
        return builder.Build();
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
