using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Real allocators, wherever they are: the bytes and counts are those that the workload knows.</summary>
public sealed class AllocatorTests
{
    private const string Frames = "-fno-omit-frame-pointer";
    private const string Jemalloc = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
    private const string Tcmalloc = "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4";
    private const string Mimalloc = "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2";

    [Theory]
    [InlineData(Jemalloc, "allocators", Frames + " -DNO_PVALLOC")]
    [InlineData(Jemalloc, "reallocs")]
    [InlineData(Jemalloc, "threads")]
    [InlineData(Jemalloc, "operators.cpp")]
    [InlineData(Jemalloc, "extended", Frames, "jemalloc")]
    [InlineData(Tcmalloc, "allocators")]
    [InlineData(Tcmalloc, "reallocs")]
    [InlineData(Tcmalloc, "threads")]
    [InlineData(Tcmalloc, "operators.cpp")]
    [InlineData(Mimalloc, "allocators")]
    [InlineData(Mimalloc, "reallocs")]
    [InlineData(Mimalloc, "threads")]
    [InlineData(Mimalloc, "operators.cpp")]
    [InlineData(Mimalloc, "extended", Frames, "mimalloc")]
    [InlineData(Mimalloc, "every_mimalloc")]
    public void A_preloaded_allocator_is_seen(string library, string name, string options = Frames, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(library), $"needs {library}");
        using TestFolder folder = new();
        using Workload workload = Workload.Preloading(library, options, name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertHeld(workload, emleak);
    }

    [Theory]
    [InlineData("allocators", Frames + " -static")]
    [InlineData("reallocs", Frames + " -static")]
    [InlineData("operators.cpp", Frames)]
    [InlineData("operators.cpp", Frames + " -static")]
    [InlineData("reallocs", Frames + " musl")]
    [InlineData("reallocs", Frames + " -static musl")]
    [InlineData("threads", Frames + " musl")]
    [InlineData("threads", Frames + " -static musl")]
    public void The_c_library_is_seen_however_it_is_linked(string name, string options)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(options, name, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertHeld(workload, emleak);
    }

    /// <summary>A static program without symbols of its own: its debug file has them, found by the link or by the build id.</summary>
    [Fact]
    public void A_stripped_static_program_is_seen_by_its_debug_file()
    {
        using TestFolder folder = new();
        string program = Path.Combine(folder.Path, "emlk-stripped"), debug = program + ".debug";
        File.Copy(Workloads.CompileWith("reallocs", Frames + " -static"), program);
        Run("objcopy", "--only-keep-debug", program, debug);
        Run("objcopy", "--strip-all", $"--add-gnu-debuglink={debug}", program);
        using Workload workload = Workload.Start(program, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertHeld(workload, emleak);
        void Run(string tool, params string[] arguments)
        {
            using RunningProcess running = new(tool, arguments, folder.Path);
            Assert.True(running.WaitForExit() == 0, running.Errors);
        }
    }

    [Fact]
    public void Functions_of_ones_own_may_have_their_arguments_anywhere()
    {
        using TestFolder folder = new();
        using Workload workload = new("pools", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(
            workload, folder.Path, "-m", "pool_alloc:size=2", "-f", "pool_free:ptr=2", "-m", "matrix_new:count=1,size=2", "-m", "get_buffer:out=1",
            "-m", "node_new:size=0", "-f", "put_away", "-m", "pool_grow:ptr=2,size=3");
        AssertHeld(workload, emleak);
    }

    [Theory]
    [InlineData("--symbols-prefix", "acme_")]
    [InlineData("-m", "acme_malloc", "-f", "acme_free")]
    [InlineData("-m", "acme_malloc", "-f", "acme_free", "--object", "prefixed.cpp")]
    public void An_allocator_under_other_names_is_seen(params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new("prefixed.cpp", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, options);
        AssertHeld(workload, emleak);
    }

    /// <summary>By the names of the source, with parameters where they tell functions apart, and by the names that are stored.</summary>
    [Theory]
    [InlineData("acme::Pool::take(unsigned long)", "acme::Pool::give")]
    [InlineData("_ZN4acme4Pool4takeEm", "_ZN4acme4Pool4giveEPv")]
    public void Functions_of_cpp_are_found_by_their_names(string take, string give)
    {
        using TestFolder folder = new();
        using Workload workload = new("prefixed.cpp", folder.Path, "pool");
        using EmleakRun emleak = EmleakRun.Attach(
            workload, folder.Path, "-m", take + ":size=2", "-m", "acme::Pool::take(unsigned long, unsigned long):count=2,size=3", "-f", give + ":ptr=2");
        AssertHeld(workload, emleak);
    }

    [Theory]
    [InlineData("did you mean pool_alloc", "-m", "pool_aloc")]
    [InlineData("did you mean put_away", "-f", "putaway")]
    [InlineData("has not mapped 'no-such.so'", "--object", "no-such.so")]
    public void What_is_nowhere_is_told_with_what_may_be_meant(string told, params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new("pools", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, options);
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("it will be probed if a library brings it", emleak.Errors, StringComparison.Ordinal);
        Assert.Contains(told, emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>A file that is probed once stays probed: unloaded and loaded again, it is seen from its constructor on.</summary>
    [Fact]
    public void A_plugin_that_brings_its_own_allocator_is_counted_from_its_constructor_on()
    {
        using TestFolder folder = new();
        string plugin = Workloads.CompileWith("plugin", Frames + " -shared -fPIC");
        using Workload workload = new("plugins", folder.Path, plugin);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--symbols-prefix", "plugin_");
        workload.SendLine();
        workload.WaitForLine("loaded");
        AssertHeld(workload, emleak);
    }

    internal static void AssertHeld(Workload workload, EmleakRun emleak)
    {
        IReadOnlyList<Hold> truth = workload.Work();
        Assert.NotEmpty(truth);
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        HashSet<string> functions = [.. truth.SelectMany(hold => hold.Path.Split(';'))];
        // Frames between and around the workload's own are the allocator's: a path of `main` alone is not the workload's work.
        Assert.Equal(truth, emleak.Files().HoldsOf(functions).Where(hold => truth.Any(known => known.Path == hold.Path)));
    }
}
