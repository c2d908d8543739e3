using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Processes in namespaces of their own, on file systems of their own, and of files that are not there any more.</summary>
public sealed class NamespaceTests
{
    // Makes an overlay over the folder in $1, hides everything below with it, and becomes the program in it.
    private const string InOverlay = """
        mkdir -p "$1/upper" "$1/work" "$1/merged" &&
        mount -t tmpfs tmpfs "$1/upper" && mkdir "$1/upper/changed" "$1/upper/work" &&
        mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper/changed,workdir=$1/upper/work" "$1/merged" &&
        exec "$1/merged/$2"
        """;

    [Fact]
    public void A_process_in_other_namespaces_on_an_overlay_is_traced()
    {
        using TestFolder folder = new();
        string lower = Directory.CreateDirectory(Path.Combine(folder.Path, "lower")).FullName;
        File.Copy(Workloads.Compile("early"), Path.Combine(lower, "emlk-overlay"));
        using RunningProcess unshare = new(
            "unshare", ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", InOverlay, "sh", folder.Path, "emlk-overlay"], folder.Path);
        unshare.WaitForLine("ready");
        int pid = ChildOf(unshare.Pid);
        Assert.False(File.Exists(Path.Combine(folder.Path, "merged", "emlk-overlay")));
        using EmleakRun emleak = new(folder.Path, "-p", $"{pid}");
        emleak.WaitForStart();
        AssertSame(unshare, emleak);
    }

    /// <summary>The numbers of processes that emleak knows are not the machine's then.</summary>
    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.PerfEvents)]
    public void Emleak_itself_may_live_in_a_process_namespace(string mask)
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", $"emlk-inner{mask.Length}");
        string script = """
            "$1" -c "$2" >log 2>errors & emleak=$!
            until grep -q Successfully log; do sleep 0.1; done
            "$3"
            until grep -q Exporting log; do sleep 0.1; done
            kill -INT $emleak; wait $emleak
            """;
        using RunningProcess unshare = new(
            "unshare",
            [
                "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "env", $"EMLEAK_MASK={mask}", "sh", "-c", script,
                "sh", Path.Combine(AppContext.BaseDirectory, "emleak"), Path.GetFileName(program), program,
            ],
            folder.Path);
        Assert.Equal(0, unshare.WaitForExit());
        TraceFiles files = new(Assert.Single(Directory.GetDirectories(folder.Path, "mleak_pid*")));
        Assert.Equal([new Hold("construct;early", 104950, 100)], files.HoldsFrom("construct"));
        Assert.Equal([new Hold("main;first", 1000, 10)], files.HoldsFrom("main"));
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("upgraded")]
    public void A_program_whose_file_is_gone_is_traced_and_named_by_what_it_runs(string fate)
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("early", $"emlk-{fate}");
        using Workload workload = Workload.Start(program, folder.Path);
        File.Delete(program);
        // Another build at the same path: other functions at the same places.
        if (fate == "upgraded") File.Copy(Workloads.Compile("allocators"), program);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        ExactnessTests.AssertSameHolds(workload, emleak, "main");
    }

    /// <summary>A package is upgraded while a program is traced that uses its library, and the program ends: names are the old file's.</summary>
    [Fact]
    public void A_library_that_is_upgraded_meanwhile_lends_its_new_names_to_nobody()
    {
        using TestFolder folder = new();
        const string Options = "-shared -fPIC -fno-omit-frame-pointer";
        string library = Path.Combine(folder.Path, "library.so");
        File.Copy(Workloads.CompileWith("preloaded", Options), library);
        string program = Workloads.Compile("early", "emlk-upgrade");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-upgrade");
        emleak.WaitForStart();
        using RunningProcess workload = new("env", [$"LD_PRELOAD={library}", program], folder.Path);
        workload.WaitForLine("ready");
        File.Delete(library);
        File.Copy(Workloads.CompileWith("plugin", Options), library);
        workload.SendLine();
        workload.WaitForLine("done");
        workload.CloseInput();
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal([new Hold("load;loaded", 3200, 50)], emleak.Files().HoldsFrom("load"));
        Assert.DoesNotContain("plugin_", emleak.Files().Stacks, StringComparison.Ordinal);
    }

    private static void AssertSame(RunningProcess workload, EmleakRun emleak)
    {
        workload.SendLine();
        workload.WaitForLine("done");
        workload.CloseInput();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal([new Hold("main;late", 50 * 48, 50), new Hold("main;resize", 100 * 200, 100)], emleak.Files().HoldsFrom("main"));
    }

    private static int ChildOf(int pid) => int.Parse(
        File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{pid}/children")).Trim(), CultureInfo.InvariantCulture);
}
