using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Debug information that was left out of the program: in files of its own, in a package, or shared by several programs.</summary>
public sealed class SplitFileTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("gcc", "-gdwarf-4")]
    [InlineData("clang-19", "-gdwarf-5")]
    public void A_package_tells_the_same_as_the_files_that_it_was_made_of(string compiler, string version)
    {
        ulong[] addresses = Compile(compiler, version);
        Frame[] files = Symbolize(addresses);
        Assert.Contains(files, frame => frame.Inlined.Count >= 2);
        _workshop.Run("llvm-dwp-19", "-e", "program", "-o", "program.dwp");
        foreach (string file in SplitFiles()) File.Delete(file);
        AssertSame(files, Symbolize(addresses));
    }

    [Fact]
    public void Files_that_were_moved_together_with_the_program_are_found()
    {
        ulong[] addresses = Compile("gcc", "-gdwarf-5");
        Frame[] before = Symbolize(addresses);
        string moved = Directory.CreateDirectory(_workshop["moved"]).FullName;
        foreach (string file in (string[])[.. SplitFiles(), _workshop["program"]]) File.Move(file, Path.Combine(moved, Path.GetFileName(file)));
        AssertSame(before, Symbolize(addresses, "moved/program"));
    }

    [Theory]
    [InlineData("another build")]
    [InlineData("fifo")]
    [InlineData("link to a device")]
    [InlineData("device")]
    [InlineData("nothing")]
    [InlineData("damage")]
    public void What_is_not_the_split_file_leaves_lines_and_says_so(string instead)
    {
        ulong[] addresses = Compile("gcc", "-gdwarf-5");
        string file = Assert.Single(SplitFiles());
        byte[] whole = File.ReadAllBytes(file);
        File.Delete(file);
        if (instead == "fifo") _workshop.Run("mkfifo", file);
        else if (instead == "device") _workshop.Run("mknod", file, "c", "240", "77");
        else if (instead == "link to a device") File.CreateSymbolicLink(file, "/dev/zero");
        else if (instead == "another build") CompileOther(file);
        else if (instead == "damage") File.WriteAllBytes(file, whole[..(whole.Length / 2)]);
        Frame[] frames = Symbolize(addresses);
        Assert.All(frames, frame => Assert.Empty(frame.Inlined));
        Assert.Contains(frames, frame => frame.Line > 0);
        Assert.Contains(frames, frame => frame.SourceProblem == $"split unit {Path.GetFileName(file)} is not found");
    }

    [Fact]
    public void Files_are_found_in_the_root_folder_of_a_process_that_has_gone_and_in_no_other()
    {
        // The program is its own namespace's, and its split file is in a folder that nobody else sees. The host has another file there.
        _workshop.Write("plain.c", Programs.Simple);
        _workshop.Run("gcc", "-O1", "-gdwarf-5", "-gsplit-dwarf", "-w", "plain.c", "-o", "program");
        string split = Assert.Single(SplitFiles());
        string hidden = Directory.CreateDirectory(_workshop["hidden"]).FullName;
        File.Copy(split, Path.Combine(hidden, Path.GetFileName(split)));
        File.Copy(_workshop["program"], Path.Combine(hidden, "program"));
        File.Delete(split);
        _workshop.Run("mkfifo", split);
        foreach (bool isMounted in (bool[])[true, false])
        {
            string mount = isMounted ? $"mount --bind {hidden} {_workshop.Folder} && cd {_workshop.Folder} &&" : "";
            using Target target = Target.Start("unshare", "-m", "sh", "-c", $"{mount} exec {_workshop["program"]}");
            using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
            Frame[] frames = symbolizer.Symbolize([target["hidden"] + 1], AddressKind.Exact);
            target.Exit();
            Frame frame = Symbolizer.AddSources(frames)[0];
            Assert.Equal(isMounted, frame.SourceProblem is null);
            Assert.Equal("hidden", frame.Function);
        }
    }

    [Theory]
    [InlineData("-gdwarf-4", "--dwarf-5")]
    [InlineData("-gdwarf-4", "")]
    [InlineData("-gdwarf-5", "")]
    public void What_two_programs_share_is_found_in_the_supplementary_file(string version, string option)
    {
        _workshop.Write("plain.c", Sources.C);
        _workshop.Run("gcc", "-O2", version, "-w", "-Wl,--build-id", "plain.c", "-o", "program");
        _workshop.Run("gcc", "-O1", version, "-w", "-Wl,--build-id", "plain.c", "-o", "other");
        ulong[] addresses = Symbolization.Spread(_workshop["program"], 4000);
        Frame[] before = Symbolize(addresses);
        _workshop.Run("dwz", [.. option.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-m", "common.debug", "-M", "common.debug", "program", "other"]);
        Assert.Contains(option.Length == 0 ? ".gnu_debugaltlink" : ".debug_sup", _workshop.Run("readelf", "-SW", "program"), StringComparison.Ordinal);
        AssertSame(before, Symbolize(addresses));

        // A file of another id in its place is not used: names and folders are missing, and that is told.
        _workshop.Run("cp", "other", "common.debug");
        Frame[] without = Symbolize(addresses);
        Assert.Equal(before.Select(frame => (frame.Function, frame.Line)), without.Select(frame => (frame.Function, frame.Line)));
        Assert.Contains(without, frame => frame.Inlined.Any(inlined => inlined.Function is null));
        Assert.Contains(without, frame => frame.SourceProblem == "supplementary file common.debug is not found");
    }

    private static void AssertSame(Frame[] expected, Frame[] actual)
    {
        Assert.Equal(expected.Select(Text), actual.Select(Text));
        Assert.All(actual, frame => Assert.Null(frame.SourceProblem));
    }

    private static string Text(Frame frame) => $"{frame.Function} {frame.File}:{frame.Line}:{frame.Column} {string.Join(" ", frame.Inlined)}";

    private ulong[] Compile(string compiler, string version)
    {
        _workshop.Write("plain.c", Sources.C);
        _workshop.Run(compiler, "-O2", version, "-gsplit-dwarf", "-w", "plain.c", "-o", "program");
        return Symbolization.Spread(_workshop["program"], 2000);
    }

    private void CompileOther(string file)
    {
        _workshop.Write("other.c", Sources.C.Replace("x * 2", "x * 3", StringComparison.Ordinal));
        _workshop.Run("gcc", "-O2", "-gdwarf-5", "-gsplit-dwarf", "-w", "other.c", "-c", "-o", "other.o");
        File.Move(_workshop["other.dwo"], file);
    }

    private string[] SplitFiles() => Directory.GetFiles(_workshop.Folder, "*.dwo");

    private Frame[] Symbolize(ulong[] addresses, string program = "program")
    {
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop[program]);
        return symbolizer.Symbolize(addresses, AddressKind.Exact, SymbolizeOptions.Sources);
    }
}
