using System.Collections.Concurrent;

namespace Emleak.Tests.Support;

/// <summary>Looks at the state of a process all the time, as proc(5) shows it.</summary>
internal sealed class StateWatch : IDisposable
{
    private readonly ConcurrentDictionary<char, int> _seen = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _looking;

    public StateWatch(int pid) => _looking = Task.Factory.StartNew(
        () =>
        {
            while (!_end.IsCancellationRequested)
            {
                if (Read(pid) is char state) _seen[state] = 1;
                Thread.Sleep(1);
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The states seen so far.</summary>
    public IEnumerable<char> Seen => _seen.Keys;

    public void Dispose()
    {
        _end.Cancel();
        _looking.Wait();
        _end.Dispose();
    }

    private static char? Read(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            return text[text.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
