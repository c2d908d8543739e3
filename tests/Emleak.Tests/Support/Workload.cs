namespace Emleak.Tests.Support;

/// <summary>A workload that waits, works when told, says what it holds, and ends when told.</summary>
internal sealed class Workload : RunningProcess
{
    public Workload(string name, string folder, params string[] arguments)
        : this(new FileInfo(Workloads.Compile(name)), folder, arguments)
    {
    }

    private Workload(FileInfo program, string folder, string[] arguments)
        : base(program.FullName, arguments, folder) => WaitForLine("ready");

    /// <summary>The same, compiled with options of its own instead of for frame pointers.</summary>
    public static Workload CompiledWith(string options, string name, string folder, params string[] arguments) =>
        new(new FileInfo(Workloads.CompileWith(name, options)), folder, arguments);

    /// <summary>The same, with a library loaded before all others.</summary>
    public static Workload Preloading(string library, string options, string name, string folder, params string[] arguments) =>
        new(new FileInfo("/usr/bin/env"), folder, [$"LD_PRELOAD={library}", Workloads.CompileWith(name, options), .. arguments]);

    public static Workload Start(string program, string folder) => new(new FileInfo(program), folder, []);

    /// <summary>Lets it work, and gives what it holds then, one entry for each path.</summary>
    public IReadOnlyList<Hold> Work()
    {
        SendLine();
        WaitForLine("done");
        return Hold.ReadFrom(Output);
    }

    public void End() => CloseInput();
}
