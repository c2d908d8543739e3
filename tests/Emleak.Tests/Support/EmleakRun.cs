namespace Emleak.Tests.Support;

/// <summary>emleak at work, in a folder of its own.</summary>
internal sealed class EmleakRun : RunningProcess
{
    private readonly string _folder;

    public EmleakRun(string folder, params string[] arguments)
        : this(Path.Combine(AppContext.BaseDirectory, "emleak"), folder, arguments)
    {
    }

    public EmleakRun(string program, string folder, string[] arguments)
        // Whoever runs the tests may ignore signals (nohup): emleak is to be asked for its own answer. And the machine may be busy with other tests.
        : base("env", ["--default-signal", "EMLEAK_PATIENCE=10000", program, .. arguments], folder) => _folder = folder;

    /// <summary>Starts emleak on a process and waits until the probes are there.</summary>
    public static EmleakRun Attach(RunningProcess target, string folder, params string[] arguments)
    {
        EmleakRun run = new(folder, ["-p", $"{target.Pid}", .. arguments]);
        run.WaitForStart();
        return run;
    }

    /// <summary>The same, with an environment variable (NAME=VALUE) of emleak's own.</summary>
    public static EmleakRun AttachWith(string variable, RunningProcess target, string folder, params string[] arguments)
    {
        // `env` takes variables before the program.
        EmleakRun run = new(variable, folder, [Path.Combine(AppContext.BaseDirectory, "emleak"), "-p", $"{target.Pid}", .. arguments]);
        run.WaitForStart();
        return run;
    }

    public void WaitForStart() => WaitForLine("Successfully started!");

    /// <summary>The only output folder there is.</summary>
    public TraceFiles Files() => new(Assert.Single(Directory.GetDirectories(_folder, "mleak_pid*")));
}
