using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Demangling;

/// <summary>The demangler that serves as the measure.</summary>
internal static class LlvmTool
{
    /// <summary>Gives the demangled names in order; what the tool cannot read comes back as it is.</summary>
    public static string[] Demangle(IReadOnlyCollection<string> names)
    {
        using Workshop workshop = new();
        string output = workshop.RunWithInput("llvm-cxxfilt-19", string.Join('\n', names) + "\n");
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(names.Count, lines.Length);
        return lines;
    }
}
