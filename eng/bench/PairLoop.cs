using System.Diagnostics;
using System.Globalization;

namespace Emleak.Bench;

/// <summary>mbench.c at work: nanoseconds per malloc and free, round after round.</summary>
internal sealed class PairLoop : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly Process _process;
    private readonly long _live;
    private readonly List<double> _rounds = [];
    private long _pairs;

    /// <param name="command">The program, or another one that runs it, and what comes before the program's own arguments.</param>
    /// <param name="load">What it does.</param>
    public PairLoop(string[] command, Load load)
    {
        _live = load.Live;
        ProcessStartInfo start = new(command[0], [.. command[1..], $"{load.Threads}", $"{load.Depth}", $"{load.Live}", "100"])
        {
            UseShellExecute = false, RedirectStandardOutput = true,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public int Pid => _process.Id;

    /// <summary>Waits until every block was replaced, so that whoever looks has seen all that are live.</summary>
    public void TurnOver()
    {
        long before = Interlocked.Read(ref _pairs);
        Stopwatch clock = Stopwatch.StartNew();
        while (Interlocked.Read(ref _pairs) - before < _live && clock.Elapsed < Patience) Thread.Sleep(50);
    }

    /// <summary>The median of the rounds that lie wholly inside the next stretch of time.</summary>
    public double Measure(TimeSpan time)
    {
        lock (_rounds) _rounds.Clear();
        Thread.Sleep(time);
        lock (_rounds)
        {
            // The first round began before.
            return _rounds.Count < 2 ? double.NaN : Statistics.Median(_rounds.Skip(1));
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        // It also waits for the output's end, which does not always come.
        _process.WaitForExit(TimeSpan.FromSeconds(2));
        _process.Dispose();
    }

    private void Take(string? line)
    {
        // A program that wraps ours may print lines of its own.
        if (line?.Split(' ') is not [string time, string pairs] || !double.TryParse(time, CultureInfo.InvariantCulture, out double nanoseconds)) return;
        Interlocked.Exchange(ref _pairs, long.Parse(pairs, CultureInfo.InvariantCulture));
        lock (_rounds) _rounds.Add(nanoseconds);
    }
}
