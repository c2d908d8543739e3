using System.Diagnostics;

namespace Emleak.Tests.Support;

/// <summary>A program of the distribution, built without frame pointers, that begins to work when it is told to.</summary>
internal sealed class RealProgram : RunningProcess
{
    private readonly Action<RealProgram> _work;

    private RealProgram(string program, string[] arguments, string folder, Action<RealProgram> work)
        : base(program, arguments, folder) => _work = work;

    /// <summary>What the allocator's file is called.</summary>
    public string Allocator { get; private init; } = "libc.so.6";

    /// <summary>Starts one that works for some <paramref name="rounds"/>.</summary>
    public static RealProgram Start(string name, string folder, int rounds) => name switch
    {
        "python3" => Scripted(new RealProgram("/usr/bin/python3", [Source("busy.py"), $"{rounds}"], folder, program => program.SendLine())),
        "node" => Scripted(new RealProgram("node", [Source("busy.js"), $"{rounds * 10}"], folder, program => program.SendLine())),
        "gdb" => Scripted(new RealProgram("gdb", GdbArguments(rounds), folder, program => program.SendLine())),
        "cc1plus" => Waiting(new RealProgram(Ask("g++", "-print-prog-name=cc1plus"), ["-quiet", "-fpreprocessed", "-", "-o", "/dev/null"], folder, Compile)),
        "redis-server" => Waiting(new RealProgram("redis-server", ["--save", "", "--port", "0", "--unixsocket", Path.Combine(folder, "socket")], folder, program => Serve(folder, rounds))
        {
            Allocator = "libjemalloc.so.2",
        }),
        _ => throw new ArgumentException($"{name}?", nameof(name)),
    };

    public void Work() => _work(this);

    private static RealProgram Scripted(RealProgram program)
    {
        program.WaitForLine("ready");
        return program;
    }

    // These say nothing, but wait soon: for their input, for their clients.
    private static RealProgram Waiting(RealProgram program)
    {
        Thread.Sleep(1500);
        return program;
    }

    private static string[] GdbArguments(int rounds) =>
    [
        "-nx", "-batch", "-ex", "python import sys; print('ready', flush=True); sys.stdin.readline()",
        .. Enumerable.Repeat((string[])["-ex", "file", "-ex", "file /usr/bin/gdb", "-ex", "info functions ^ma", "-ex", "python import json"], (rounds / 1000) + 1).SelectMany(words => words),
    ];

    private static void Compile(RealProgram program)
    {
        program.Send(Ask("g++", "-E", Source("busy.cpp")));
        program.CloseInput();
    }

    private static void Serve(string folder, int rounds)
    {
        string socket = Path.Combine(folder, "socket");
        _ = Ask("redis-benchmark", "-s", socket, "-q", "-r", "5000", "-d", "600", "-n", $"{rounds * 10}", "-t", "set,lpush,hset,zadd,lrange_100");
        _ = Ask("redis-cli", "-s", socket, "eval", "local t = {} for i = 1, 1000 do t[i] = tostring(i):rep(9) end return #t", "0");
        _ = Ask("redis-cli", "-s", socket, "shutdown", "nosave");
    }

    private static string Source(string name) => Path.Combine(Workloads.Sources, name);

    private static string Ask(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return program == "g++" ? output.TrimEnd() : output;
    }
}
