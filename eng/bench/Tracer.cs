using System.Diagnostics;

namespace Emleak.Bench;

/// <summary>A tracing program of its own, started on the process and ended by SIGINT.</summary>
/// <param name="command">The program and its arguments; the process's id follows.</param>
/// <param name="readyLine">What it prints when it traces.</param>
/// <param name="endsInSilence">It does not come to its end while the process goes on allocating: the process is stopped then.</param>
internal sealed class Tracer(string[] command, string readyLine, bool endsInSilence = false) : IVariant
{
    public IDisposable Start(int pid) => new Running(command[0], [.. command[1..], $"{pid}"], readyLine, endsInSilence ? pid : null);

    private static void Signal(string signal, int pid)
    {
        using Process kill = Process.Start("kill", [signal, $"{pid}"]);
        kill.WaitForExit();
    }

    private sealed class Running : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("emleak-bench-").FullName;
        private readonly Process _process;
        private readonly int? _stopped;

        public Running(string program, string[] arguments, string readyLine, int? stopped)
        {
            _stopped = stopped;
            _process = new Process
            {
                StartInfo = new ProcessStartInfo(program, arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    Environment = { ["BPFTRACE_MAP_KEYS_MAX"] = "2000000", ["BPFTRACE_LOG_SIZE"] = "16000000" },
                    WorkingDirectory = _folder,
                },
            };
            TaskCompletionSource ready = new();
            // Whatever comes is read, or the program would wait for us.
            _process.OutputDataReceived += (_, e) =>
            {
                if (e.Data is null || e.Data.Contains(readyLine, StringComparison.Ordinal)) ready.TrySetResult();
            };
            _process.Start();
            _process.BeginOutputReadLine();
            ready.Task.Wait();
            if (_process.WaitForExit(0)) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {_process.ExitCode} before it traced");
        }

        public void Dispose()
        {
            if (_stopped is int stopped) Signal("-STOP", stopped);
            Signal("-INT", _process.Id);
            _process.WaitForExit();
            if (_stopped is int goesOn) Signal("-CONT", goesOn);
            _process.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
