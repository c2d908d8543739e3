using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Emleak.Tests.Support;

/// <summary>A process that a test started, its output by lines. Killed, by its id, when the test leaves it.</summary>
internal class RunningProcess : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    public RunningProcess(string program, IEnumerable<string> arguments, string folder)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is not null) lock (_errors) _errors.Append(e.Data).Append('\n');
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output { get { lock (_output) return _output.ToString(); } }

    public string Errors { get { lock (_errors) return _errors.ToString(); } }

    /// <summary>Takes lines until one starts with <paramref name="start"/>, and gives that one.</summary>
    public string WaitForLine(string start)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            if (!_lines.TryTake(out string? line, TimeSpan.FromSeconds(1)))
            {
                if (_lines.IsCompleted) break;
                continue;
            }

            if (line.StartsWith(start, StringComparison.Ordinal)) return line.TrimEnd('\r');
        }

        Assert.Fail($"no line starts with '{start}'.\noutput:\n{Output}\nerrors:\n{Errors}");
        return "";
    }

    /// <summary>The next line, or null at the end of the output.</summary>
    public string? TakeLine() => _lines.TryTake(out string? line, Patience) ? line : null;

    public void SendLine()
    {
        _process.StandardInput.Write('\n');
        _process.StandardInput.Flush();
    }

    public void Send(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    public void CloseInput() => _process.StandardInput.Close();

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-" + name, $"{Pid}"]);
        kill.WaitForExit();
    }

    public void Kill() => _process.Kill();

    /// <summary>Waits for the end, and gives the exit code.</summary>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(Patience)) Assert.Fail($"still running.\noutput:\n{Output}\nerrors:\n{Errors}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _lines.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            _lines.CompleteAdding();
            return;
        }

        lock (_output) _output.Append(line).Append('\n');
        _lines.Add(line);
    }
}
