using System.Globalization;
using Emleak.Elf;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>What two symbolizers say about the same addresses of a file, line by line as llvm-symbolizer prints it.</summary>
internal static class Symbolization
{
    /// <summary>Addresses that lie evenly over a file's code.</summary>
    public static ulong[] Spread(string path, int count)
    {
        using ElfImage image = ElfImage.Open(path);
        List<ulong> addresses = [];

        // The second is where .NET puts what it compiled ahead of time.
        ElfSection[] code = [.. new[] { image.FindSection(".text"), image.FindSection("__managedcode") }.OfType<ElfSection>()];
        ulong size = code.Aggregate(0UL, (sum, section) => sum + section.Size);
        foreach (ElfSection section in code)
        {
            ulong number = Math.Min(Math.Max(1, (ulong)count * section.Size / size), section.Size);
            for (ulong i = 0; i < number; i++) addresses.Add(section.Address + (section.Size * i / number));
        }

        return [.. addresses];
    }

    public static string[][] Ours(string path, ulong[] addresses)
    {
        using FileSymbolizer symbolizer = FileSymbolizer.Open(path);
        return [.. symbolizer.Symbolize(addresses, AddressKind.Exact, SymbolizeOptions.Sources).Select(Lines)];
    }

    public static string[][] Theirs(Workshop workshop, string path, ulong[] addresses, params string[] options)
    {
        string input = string.Concat(addresses.Select(address => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}\n")));
        string output = workshop.RunWithInput(
            "llvm-symbolizer-19", input, ["--inlining", "--functions=linkage", "--no-demangle", $"--obj={path}", .. options]);
        string[] blocks = output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(addresses.Length, blocks.Length);
        return [.. blocks.Select(block => block.Trim('\n').Split('\n'))];
    }

    private static string[] Lines(Frame frame)
    {
        List<string> lines = [];
        foreach (InlinedFrame inlined in frame.Inlined) Add(inlined.Function, inlined.File, inlined.Line, inlined.Column);
        Add(frame.Function, frame.File, frame.Line, frame.Column);
        return [.. lines];

        void Add(string? function, string? file, int line, int column)
        {
            lines.Add(function ?? "??");
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{file ?? "??"}:{line}:{column}"));
        }
    }
}
