namespace Emleak.BpfLoader.Links;

/// <summary>When a program runs that is attached to a perf event, and for whom.</summary>
public sealed record PerfEventOptions
{
    /// <summary>
    /// The process whose threads are watched: those that it has and those that they will create. Null: everything on every CPU.
    /// Before kernel 5.13 the processes are watched, too, that the process creates.
    /// </summary>
    public int? Pid { get; init; }

    /// <summary>The program runs each time that this many events have been counted, on each CPU or in each thread.</summary>
    public ulong Period { get; init; } = 1;

    /// <summary>Runs a second that the kernel tries to reach by adapting the period; null: <see cref="Period"/> counts.</summary>
    public ulong? Frequency { get; init; }

    /// <summary>What the program gets from <c>bpf_get_attach_cookie</c>; needs kernel 5.15. Null: none.</summary>
    public ulong? Cookie { get; init; }
}
