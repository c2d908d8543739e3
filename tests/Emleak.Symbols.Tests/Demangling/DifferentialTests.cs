using System.Buffers;
using System.ComponentModel;
using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Demangling;

namespace Emleak.Symbols.Tests.Demangling;

/// <summary>The same names to this library and to llvm-cxxfilt: the same results.</summary>
public sealed class DifferentialTests
{
    private const string RustLibrary = "rustc:";

    // The tool cuts its input into names at all other characters.
    private static readonly SearchValues<byte> ToolsLetters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.$"u8);

    [Fact]
    public void Known_names_are_what_the_installed_tool_prints()
    {
        string[] names = [.. KnownNames.All.Select(name => name.Mangled)];
        Assert.Equal([.. KnownNames.All.Select(name => name.Expected)], LlvmTool.Demangle(names));
    }

    [Theory]
    [InlineData("/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1", 40_000)]
    [InlineData("/usr/lib/llvm-19/lib/libclang-cpp.so.19.1", 40_000)]
    [InlineData("/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1", 35_000)]
    [InlineData("/usr/lib/x86_64-linux-gnu/libclang-cpp.so.14", 30_000)]
    [InlineData("/usr/lib/x86_64-linux-gnu/libstdc++.so.6", 4000)]
    [InlineData("rustc:librustc_driver-*.so", 15_000)]
    [InlineData("rustc:libLLVM.so.*", 20_000)]
    public void Every_dynamic_symbol_of_a_library_is_demangled_as_llvm_does(string library, int atLeast)
    {
        if (library.StartsWith(RustLibrary, StringComparison.Ordinal)) library = FindRustLibrary(library[RustLibrary.Length..]);
        Assert.SkipUnless(File.Exists(library), $"needs {library}");
        string[] names = MangledNames(library);
        string[] expected = LlvmTool.Demangle(names);
        string[] differing = [.. names.Zip(expected)
            .Where(pair => pair.First != pair.Second && Demangler.Demangle(pair.First) != pair.Second)
            .Select(pair => $"{pair.First}\n  expected {pair.Second}\n  actual   {Demangler.Demangle(pair.First)}")];
        int readOnlyHere = names.Zip(expected).Count(pair => pair.First == pair.Second && Demangler.Demangle(pair.First) is not null);
        Assert.True(names.Length >= atLeast, $"only {names.Length} mangled names");
        Assert.True(differing.Length == 0, $"{differing.Length} of {names.Length} differ:\n{string.Join('\n', differing.Take(5))}");

        // LLVM 19 cannot read some conversion operators: "operator std::vector<int, std::allocator<int>>".
        Assert.InRange(readOnlyHere, 0, names.Length / 8_000);
    }

    // Damaged names are mostly malformed: both must agree on which are, but for what LLVM 19 does not know yet.
    [Fact]
    public void Damaged_names_are_demangled_as_llvm_does()
    {
        string[] names = [.. Mutations.Of([.. KnownNames.All.Select(name => name.Mangled)], seed: 20260101).Take(50_000)
            .Where(name => name.StartsWith("_Z", StringComparison.Ordinal) || name.StartsWith("_R", StringComparison.Ordinal))];
        string[] expected = LlvmTool.Demangle(names);
        int read = 0;
        Assert.All(names.Zip(expected), pair =>
        {
            string? actual = Demangler.Demangle(pair.First);
            bool toolGaveUp = pair.First == pair.Second;
            if (!toolGaveUp) Assert.Equal(pair.Second, actual);
            if (!toolGaveUp) read++;
        });
        Assert.InRange(read, names.Length / 20, names.Length);
    }

    private static string FindRustLibrary(string pattern)
    {
        try
        {
            using Workshop workshop = new();
            string root = workshop.Run("rustc", "--print", "sysroot").Trim();
            return Directory.EnumerateFiles(Path.Combine(root, "lib"), pattern).FirstOrDefault() ?? pattern;
        }
        catch (Win32Exception)
        {
            return "rustc";
        }
    }

    private static string[] MangledNames(string library)
    {
        using ElfImage image = ElfImage.Open(library);
        ElfSymbolTable symbols = image.DynamicSymbols;
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            ReadOnlySpan<byte> name = symbols.GetName(symbol);
            bool isMangled = name.StartsWith("_Z"u8) || name.StartsWith("_R"u8);
            if (isMangled && !name.ContainsAnyExcept(ToolsLetters)) names.Add(symbols.GetNameString(symbol));
        }

        return [.. names];
    }
}
