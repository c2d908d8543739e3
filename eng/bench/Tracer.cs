using System.Diagnostics;

namespace Emleak.Bench;

/// <summary>A tracing program of its own, started on the process and ended by SIGINT.</summary>
internal sealed class Tracer(string program, string[] arguments, string readyLine) : IVariant
{
    private Process? _process;

    public void Start()
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory.CreateTempSubdirectory("emleak-bench-").FullName,
        };
        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        while (_process.StandardOutput.ReadLine() is string line)
        {
            if (line.Contains(readyLine, StringComparison.Ordinal)) break;
        }

        // What follows is read and thrown away, or the program would wait for us.
        _process.BeginOutputReadLine();
    }

    public void Stop()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{_process!.Id}"]);
        _process.WaitForExit();
        Directory.Delete(_process.StartInfo.WorkingDirectory, recursive: true);
        _process.Dispose();
    }
}
