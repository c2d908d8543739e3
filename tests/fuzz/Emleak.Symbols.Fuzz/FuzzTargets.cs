using Emleak.Elf;
using Emleak.Fuzzing;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Fuzz;

/// <summary>Everything of the symbolizer that reads bytes of strangers.</summary>
public static class FuzzTargets
{
    /// <summary>All of them.</summary>
    public static FuzzSuite Suite { get; } = new(
    [
        new("call-frames", static bytes => Guard(() => ReadCallFrames(bytes))),
    ], new Seeds(typeof(FuzzTargets).Assembly));

    private static void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (MalformedDataException)
        {
            // What damaged input is supposed to end in.
        }
    }

    // A whole file: its headers say where the section is and what is code. Whatever comes of it, it is a table.
    private static void ReadCallFrames(ReadOnlyMemory<byte> bytes)
    {
        using ElfImage image = ElfImage.FromMemory(bytes);
        UnwindTable table = UnwindTable.Read(image);
        uint last = 0;
        foreach (UnwindRow row in table.Rows)
        {
            if (row.Offset < last || row.Rule >= table.Rules.Length) throw new InvalidOperationException($"row at 0x{row.Offset:x} after 0x{last:x}");
            last = row.Offset;
        }
    }
}
