using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Symbols;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Programs without frame pointers that know their own call paths: emleak's are the same, frame by frame.</summary>
public sealed class StackWalkTests
{
    private const string NoFramePointers = "-fomit-frame-pointer";

    [Theory]
    [InlineData("allocators", "main")]
    [InlineData("reallocs", "main")]
    [InlineData("mappings", "main")]
    [InlineData("tail_calls", "main")]
    [InlineData("many_stacks", "main")]
    [InlineData("many_stacks", "main", "6", "200")]
    [InlineData("same_places", "main")]
    [InlineData("threads", "work")]
    [InlineData("headless", "work")]
    [InlineData("nested", "main", "plain")]
    public void What_the_workloads_hold_is_the_same_without_frame_pointers(string name, string outermost, params string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--stack-walk", "rows");
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }

    /// <summary>Frames of every shape, made by several compilers in several ways. Every stack is walked to its end.</summary>
    [Theory]
    [InlineData("paths", "")]
    [InlineData("paths", "-O0")]
    [InlineData("paths", "-O3 -mno-red-zone -fcf-protection=full")]
    [InlineData("paths", "-Os -fno-plt -no-pie")]
    [InlineData("paths", "-flto")]
    [InlineData("paths", "-static")]
    [InlineData("paths.cpp", "")]
    [InlineData("paths.cpp", "-static -O1")]
    [InlineData("paths.rs", "-O")]
    [InlineData("paths.rs", "-Copt-level=0")]
    public void Frames_of_every_shape_are_found(string name, string options)
    {
        using TestFolder folder = new();
        string noFramePointers = name.EndsWith(".rs", StringComparison.Ordinal) ? "-Cforce-frame-pointers=no" : NoFramePointers;
        using Workload workload = Workload.CompiledWith($"{noFramePointers} {options}", name, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--stack-walk", "rows");
        AssertSamePaths(workload, emleak);
        Assert.DoesNotContain("stacks (", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>A C library that says nothing of its frames: signals are recognised all the same, and the program's own frames are found.</summary>
    [Theory]
    [InlineData("musl")]
    [InlineData("musl -static")]
    public void Programs_of_musl_are_walked(string options)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith($"{NoFramePointers} {options}", "paths", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertSamePaths(workload, emleak);
    }

    [Fact]
    public void A_stack_that_is_too_deep_is_cut_and_told()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "paths", folder.Path, "too-deep");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertSamePaths(workload, emleak);
        Assert.Matches(@"1 of \d+ stacks \(30 of \d+ bytes allocated\) are cut at 127 frames", emleak.Errors);
    }

    [Fact]
    public void The_limit_of_frames_can_be_lower()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "paths", folder.Path, "too-deep");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--max-depth", "2");
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal([new Hold("go_down;go_down", 30, 1)], emleak.Files().HoldsOf(new HashSet<string> { "go_down", "main" }));
        Assert.Contains("are cut at 2 frames", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>While another tracer's return probes stand in for return addresses, the true ones are found, at every visit of a stack.</summary>
    [Theory]
    [InlineData("rows")]
    [InlineData("frame-pointer")]
    public void Return_addresses_that_another_tracer_has_replaced_are_found(string walk)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(walk == "rows" ? NoFramePointers : "-fno-omit-frame-pointer", "many_stacks", folder.Path, "6", "200");
        using BpfCollection other = BpfObject.Open(Workloads.CompileProgram("hijack.bpf.c", folder.Path)).Load();
        using Symbolizer symbols = Symbolizer.ForProcess(workload.Pid);
        List<BpfLink> links = [];
        foreach (string function in (string[])["left", "top"])
        {
            (string path, ulong offset) = (symbols.Modules[0].FilePath, symbols.Modules[0].FindFunctions(function)[0].FileOffset);
            links.Add(other.Programs["pass_by"].AttachUprobe(path, offset, new UprobeOptions { Pid = workload.Pid, IsReturn = true }));
        }

        using (new BpfLinks(links))
        {
            using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--stack-walk", walk);
            ExactnessTests.AssertSameHolds(workload, emleak, "main");
        }
    }

    private static void AssertSamePaths(Workload workload, EmleakRun emleak)
    {
        IReadOnlyList<Hold> truth = workload.Work();
        Assert.NotEmpty(truth);
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        HashSet<string> own = [.. truth.SelectMany(hold => hold.Path.Split(';'))];

        // What the languages' own libraries keep (the first exception, for example) is not the workload's.
        HashSet<string> allocating = [.. truth.Select(hold => hold.Path.Split(';')[^1])];
        Assert.Equal(truth, emleak.Files().HoldsOf(own).Where(hold => allocating.Contains(hold.Path.Split(';')[^1])));
    }
}
