using System.Globalization;
using System.Text;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>The same addresses to this library and to llvm-symbolizer: the same functions, files, lines, columns and inlined calls.</summary>
public sealed class SourceDifferentialTests : IDisposable
{
    private const int Samples = 20_000;
    private const double Required = 0.999;
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("gcc", "-O2 -gdwarf-2 -gstrict-dwarf")]
    [InlineData("gcc", "-O2 -gdwarf-3")]
    [InlineData("gcc", "-O2 -gdwarf-4")]
    [InlineData("gcc", "-O3 -gdwarf-5")]
    [InlineData("gcc", "-O2 -gdwarf-5 -gdwarf64")]
    [InlineData("gcc", "-O0 -g")]
    [InlineData("gcc", "-O2 -g -static")]
    [InlineData("gcc", "-O2 -g -flto")]
    [InlineData("clang-19", "-O2 -gdwarf-4")]
    [InlineData("clang-19", "-O2 -gdwarf-5")]
    [InlineData("clang-19", "-O2 -gdwarf-5 -gdwarf64")]
    [InlineData("clang-19", "-O2 -gdwarf-5 -gdwarf-aranges -gpubnames")]
    [InlineData("clang-19", "-O1 -gline-tables-only")]
    [InlineData("clang-19", "-O2 -gdwarf-5 -mllvm -minimize-addr-in-v5=Form")]
    [InlineData("gcc", "-O2 -gdwarf-5 -fvisibility=hidden -ffunction-sections -Wl,--gc-sections")]
    [InlineData("gcc", "-O2 -gdwarf-4 -gsplit-dwarf")]
    [InlineData("gcc", "-O2 -gdwarf-5 -gsplit-dwarf")]
    [InlineData("clang-19", "-O2 -gdwarf-4 -gsplit-dwarf")]
    public void C_programs(string compiler, string options)
    {
        _workshop.Write("plain.c", Sources.C);
        Compile(compiler, options, "plain.c");
        Compare();
    }

    [Theory]
    [InlineData("g++", "-O0 -g")]
    [InlineData("g++", "-O2 -g -ffunction-sections -Wl,--gc-sections")]
    [InlineData("g++", "-O2 -g -ffunction-sections -Wl,--gc-sections -fuse-ld=gold")]
    [InlineData("g++", "-O2 -g -flto")]
    [InlineData("g++", "-O2 -g -fdebug-types-section")]
    [InlineData("clang++-19", "-O2 -gdwarf-4")]
    [InlineData("clang++-19", "-O2 -g -ffunction-sections -fuse-ld=lld -Wl,--gc-sections,--icf=all")]
    [InlineData("clang++-19", "-O2 -g -flto=thin -fuse-ld=lld")]
    public void Cpp_programs(string compiler, string options)
    {
        _workshop.Write("many.cc", Sources.Cpp);
        Compile(compiler, options, "many.cc");
        Compare();
    }

    [Theory]
    [InlineData("g++", "-std=c++20 -O2 -g")]
    [InlineData("clang++-19", "-std=c++20 -O1 -gdwarf-4")]
    public void Coroutines_and_constraints(string compiler, string options)
    {
        _workshop.Write("coroutines.cc", Sources.Coroutines);
        Compile(compiler, options, "coroutines.cc");
        Compare();
    }

    [Theory]
    [InlineData("g++", "-gdwarf-4")]
    [InlineData("clang++-19", "-gdwarf-5")]
    public void Split_cpp_programs_with_their_files_and_with_a_package(string compiler, string version)
    {
        _workshop.Write("many.cc", Sources.Cpp);
        Compile(compiler, $"-O2 {version} -gsplit-dwarf", "many.cc");
        ulong[] addresses = Symbolization.Spread(_workshop["program"], Samples);
        string[][] theirs = Compare();
        _workshop.Run("llvm-dwp-19", "-e", "program", "-o", "program.dwp");
        foreach (string file in Directory.GetFiles(_workshop.Folder, "*.dwo")) File.Delete(file);
        Assert.Equal(theirs, Symbolization.Theirs(_workshop, _workshop["program"], addresses[..100]).Concat(theirs[100..]));
        Compare(_workshop["program"], addresses, theirs);
    }

    [Theory]
    [InlineData("gcc", "-O2 -gdwarf-4 -fno-reorder-functions -fno-reorder-blocks-and-partition")]
    [InlineData("clang-19", "-O2 -gdwarf-5 -gz=zlib")]
    [InlineData("clang-19", "--target=aarch64-linux-gnu -O2 -gdwarf-5 -DFREESTANDING -ffreestanding")]
    public void Relocatable_files(string compiler, string options)
    {
        // Only one section with code: llvm-symbolizer finds the name in whichever of them has the address.
        _workshop.Write("plain.c", Sources.C);
        Compile(compiler, $"-c -Dcold=noinline {options}", "plain.c");
        Compare();
    }

    [Fact]
    public void A_program_as_built_compressed_and_made_smaller_by_dwz()
    {
        _workshop.Write("many.cc", Sources.Cpp);
        Compile("g++", "-O2 -gdwarf-5", "many.cc");
        ulong[] addresses = Symbolization.Spread(_workshop["program"], Samples);
        string[][] theirs = Compare();
        foreach (string algorithm in (string[])["zlib", "zstd"])
        {
            _workshop.Run("llvm-objcopy-19", $"--compress-debug-sections={algorithm}", "program", algorithm);
            Assert.Contains(" C ", _workshop.Run("readelf", "-SW", algorithm), StringComparison.Ordinal);
            Compare(_workshop[algorithm], addresses, theirs);
        }

        // What it made smaller still says the same.
        _workshop.Run("dwz", "-o", "dwz", "program");
        Assert.Equal(theirs[..1000], Symbolization.Theirs(_workshop, _workshop["dwz"], addresses[..1000]));
        Compare(_workshop["dwz"], addresses, theirs);
    }

    // The code of templates from other modules lies in entries that declare these modules.
    [Theory]
    [InlineData("-O1 -g")]
    [InlineData("-O2 -gdwarf-4")]
    public void D_programs_without_symbols_have_names(string options)
    {
        _workshop.Write("templates.d", Sources.D);
        _workshop.Run("gdc", ["-o", "program", .. options.Split(' '), "templates.d"]);
        ulong[] addresses = Symbolization.Spread(_workshop["program"], Samples / 5);
        bool[] areOfD = [.. Symbolization.Ours(_workshop["program"], addresses).Select(lines => lines[^2].StartsWith("_D", StringComparison.Ordinal))];
        _workshop.Run("objcopy", "--wildcard", "--strip-symbol=_D*", "program", "stripped");
        string[] names = [.. Symbolization.Ours(_workshop["stripped"], [.. addresses.Where((_, i) => areOfD[i])]).Select(lines => lines[^2])];
        Assert.InRange(names.Length, 1000, Samples);

        // With -O2 gdc describes no small function that it has copied from another one: 0.9 % of the addresses. Without the templates it was 6 %.
        Assert.InRange(names.Count(name => name == "??"), 0, names.Length / 50);
    }

    [Theory]
    [InlineData("-O")]
    [InlineData("-C opt-level=0")]
    [InlineData("-C opt-level=3 -C lto=fat -C codegen-units=1")]
    [InlineData("-O -C split-debuginfo=unpacked")]
    public void Rust_programs(string options)
    {
        string rustc = Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/root", ".cargo/bin/rustc");
        Assert.SkipUnless(File.Exists(rustc), "needs rustc");
        _workshop.Write("words.rs", Sources.Rust);
        _workshop.Run(rustc, ["-g", .. options.Split(' '), "words.rs", "-o", "program"]);
        Compare();
    }

    [Fact]
    public void Sections_compressed_in_the_old_way()
    {
        _workshop.Write("plain.c", Sources.C);
        Compile("gcc", "-O2 -g", "plain.c");
        ulong[] addresses = Symbolization.Spread(_workshop["program"], Samples);
        string[][] plain = Symbolization.Ours(_workshop["program"], addresses);
        _workshop.Run("objcopy", "--compress-debug-sections=zlib-gnu", "program");
        Assert.Contains(".zdebug_info", _workshop.Run("readelf", "-SW", "program"), StringComparison.Ordinal);
        Assert.Equal(plain, Symbolization.Ours(_workshop["program"], addresses));
        Assert.Contains(plain, lines => lines.Length == 8);
    }

    [Theory]
    [InlineData("powerpc64-linux-gnu")]
    [InlineData("powerpc-linux-gnu")]
    [InlineData("i386-linux-gnu")]
    [InlineData("aarch64-linux-gnu")]
    [InlineData("armv7-linux-gnueabihf")]
    [InlineData("riscv64-linux-gnu")]
    [InlineData("mips-linux-gnu")]
    public void Other_machines_and_byte_orders(string target)
    {
        _workshop.Write("plain.c", Sources.C);
        foreach (string version in (string[])["-gdwarf-4", "-gdwarf-5"])
        {
            Compile("clang-19", $"--target={target} -O2 {version} -DFREESTANDING -ffreestanding -nostdlib -static -fuse-ld=lld", "plain.c");
            Compare();
        }
    }

    [Fact]
    public void Libc_with_its_separate_debug_file()
    {
        const string Libc = "/lib/x86_64-linux-gnu/libc.so.6";
        Assert.SkipUnless(File.Exists(Libc), "needs Debian's libc on x86-64");
        string? debugFile;
        using (FileSymbolizer symbolizer = FileSymbolizer.Open(Libc)) debugFile = symbolizer.DebugFilePath;
        Assert.SkipWhen(debugFile is null, "needs libc6-dbg");

        // Given libc itself, llvm-symbolizer would not look at the symbol table of the debug file, as we do.
        Compare(Libc, debugFile!);
    }

    // Little debug information, but hand-written assembly with tables and labels in it.
    [Fact]
    public void A_large_program_of_another_kind()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/node"), "needs node");
        Compare("/usr/bin/node", "/usr/bin/node");
    }

    [Fact]
    public void A_native_dotnet_program_with_its_debug_file()
    {
        string? program = Environment.GetEnvironmentVariable("EMLEAK_STATIC");
        Assert.SkipUnless(File.Exists(program) && File.Exists(program + ".dbg"), "run by eng/test.sh, or set EMLEAK_STATIC to the static executable");
        Compare(program, program + ".dbg");
    }

    private void Compile(string compiler, string options, string source) =>
        _workshop.Run(compiler, [.. options.Split(' '), "-w", source, "-o", "program"]);

    private string[][] Compare() => Compare(_workshop["program"], _workshop["program"]);

    private string[][] Compare(string path, string theirPath)
    {
        ulong[] addresses = Symbolization.Spread(path, Samples);
        string[][] theirs = Symbolization.Theirs(_workshop, theirPath, addresses);
        Compare(path, addresses, theirs);
        return theirs;
    }

    private void Compare(string path, ulong[] addresses, string[][] theirs)
    {
        string[][] ours = Symbolization.Ours(path, addresses);
        Aliases aliases = Aliases.Read(_workshop, path);
        StringBuilder differences = new();
        int different = 0;
        int withLines = 0;
        for (int i = 0; i < addresses.Length; i++)
        {
            if (!ours[i][^1].StartsWith("??:", StringComparison.Ordinal)) withLines++;
            if (aliases.AreSame(ours[i], theirs[i])) continue;
            if (different++ < 8)
            {
                differences.AppendLine(CultureInfo.InvariantCulture, $"0x{addresses[i]:x}\n  ours:   {string.Join(" | ", ours[i])}\n  theirs: {string.Join(" | ", theirs[i])}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{different} of {addresses.Length} differ; {withLines} have lines\n{differences}");
        Assert.True(different <= addresses.Length * (1 - Required), $"{different} of {addresses.Length} differ:\n{differences}");
        Assert.True(withLines > 0, "no address has a line");
    }
}
