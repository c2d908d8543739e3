using System.Collections;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// Several links as one. Disposing detaches them on several threads: where the kernel makes each detaching wait, the waits are at
/// the same time.
/// </summary>
public sealed class BpfLinks : IReadOnlyList<BpfLink>, IDisposable
{
    private const int MostThreads = 16;

    private readonly BpfLink[] _links;

    /// <summary>Takes over links.</summary>
    public BpfLinks(IEnumerable<BpfLink> links) => _links = [.. links];

    /// <inheritdoc/>
    public int Count => _links.Length;

    /// <inheritdoc/>
    public BpfLink this[int index] => _links[index];

    /// <inheritdoc/>
    public IEnumerator<BpfLink> GetEnumerator() => ((IEnumerable<BpfLink>)_links).GetEnumerator();

    /// <summary>Detaches all, and returns when all are detached.</summary>
    public void Dispose()
    {
        int next = -1;
        // Threads of their own: those of the pool come too slowly for something that only waits.
        Thread[] others = new Thread[Math.Clamp(_links.Length - 1, 0, MostThreads - 1)];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = new Thread(DisposeRest);
            others[i].Start();
        }

        DisposeRest();
        foreach (Thread thread in others) thread.Join();

        void DisposeRest()
        {
            for (int i = Interlocked.Increment(ref next); i < _links.Length; i = Interlocked.Increment(ref next)) _links[i].Dispose();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
