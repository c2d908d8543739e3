using System.Diagnostics;

namespace Emleak.Bench;

/// <summary>A tracing program of its own, started on the process and ended by SIGINT.</summary>
internal sealed class Tracer(string program, string[] arguments, string readyLine) : IVariant
{
    public IDisposable Start() => new Running(program, arguments, readyLine);

    private sealed class Running : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("emleak-bench-").FullName;
        private readonly Process _process;

        public Running(string program, string[] arguments, string readyLine)
        {
            _process = new Process
            {
                StartInfo = new ProcessStartInfo(program, arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
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
        }

        public void Dispose()
        {
            using Process kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
            _process.WaitForExit();
            _process.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
