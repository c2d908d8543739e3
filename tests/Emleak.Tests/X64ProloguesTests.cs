using Emleak.Elf;
using Emleak.Tracing.Unwinding;
using FileTable = Emleak.Symbols.Unwind.UnwindTable;
using UnwindKind = Emleak.Symbols.Unwind.UnwindKind;
using UnwindRule = Emleak.Symbols.Unwind.UnwindRule;

namespace Emleak.Tests;

public sealed class X64ProloguesTests
{
    /// <summary>Read as if it had no tables, the C library's instructions say what its tables say, nearly everywhere.</summary>
    [Fact]
    public void Instructions_say_what_the_tables_say()
    {
        using ElfImage image = ElfImage.Open("/usr/lib/x86_64-linux-gnu/libc.so.6");
        FileTable table = FileTable.Read(image);
        int same = 0, different = 0;
        foreach (CodeRule range in X64Prologues.Analyze(image, FileTable.Empty))
        {
            UnwindRule expected = table.Find(range.Start);
            if (expected.Kind is not (UnwindKind.StackPointer or UnwindKind.FramePointer)) continue;
            bool isSame = (int)range.Rule.Kind == (int)expected.Kind && range.Rule.CfaOffset == expected.CfaOffset && range.Rule.FramePointer == expected.FramePointer;
            if (isSame) same++;
            // Both ways to find the frame may be right: only those that go the same way can be compared.
            else if ((int)range.Rule.Kind == (int)expected.Kind) different++;
        }

        Assert.True(same > 100_000, $"{same} instructions are the same");

        // What follows a call that does not return is reached from elsewhere, with another depth.
        Assert.True(different < same / 20, $"{different} instructions differ, {same} are the same");
    }
}
