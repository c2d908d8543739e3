using Emleak.Elf;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>The tables of a file: one for each part of it that is code.</summary>
internal static class FileTables
{
    public static IEnumerable<(CodeSegment Segment, UnwindTable Table)> Of(ElfImage image, RuleTable rules)
    {
        if (image.Machine != ElfMachine.X64) yield break;
        List<EhRow> rows = EhFrame.Read(image);
        if (rows.Count == 0) yield break;
        foreach (ElfSegment segment in image.Segments)
        {
            if (segment is not { IsLoad: true, IsExecutable: true, FileSize: > 0 }) continue;
            CodeSegment code = CodeSegment.Of(segment);
            UnwindTableBuilder builder = new(code.Address, code.Address + code.Size);
            UInt128 last = default;
            uint number = 0;
            foreach ((ulong address, UInt128 rule) in rows)
            {
                if (rule != last)
                {
                    last = rule;
                    number = rules.NumberOf(System.Runtime.CompilerServices.Unsafe.BitCast<UInt128, UnwindRule>(rule));
                }

                builder.Add(address, number);
            }

            yield return (code, builder.Build());
        }
    }
}
