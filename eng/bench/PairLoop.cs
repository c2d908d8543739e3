using System.Diagnostics;
using System.Globalization;

namespace Emleak.Bench;

/// <summary>mbench.c at work: nanoseconds per malloc and free, round after round.</summary>
internal sealed class PairLoop : IDisposable
{
    private readonly Process _process;
    private readonly List<double> _rounds = [];

    public PairLoop(string program, int threads, int depth, long live)
    {
        ProcessStartInfo start = new(program, [$"{threads}", $"{depth}", $"{live}", "100"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is not null) lock (_rounds) _rounds.Add(double.Parse(e.Data, CultureInfo.InvariantCulture));
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public int Pid => _process.Id;

    /// <summary>The median of the rounds that lie wholly inside the next stretch of time.</summary>
    public double Measure(TimeSpan time)
    {
        lock (_rounds) _rounds.Clear();
        Thread.Sleep(time);
        lock (_rounds)
        {
            // The first round began before.
            double[] inside = [.. _rounds.Skip(1).Order()];
            return inside.Length == 0 ? double.NaN : inside[inside.Length / 2];
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
