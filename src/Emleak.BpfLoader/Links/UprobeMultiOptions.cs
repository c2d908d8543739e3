namespace Emleak.BpfLoader.Links;

/// <summary>How one link attaches to many instructions.</summary>
public sealed record UprobeMultiOptions
{
    /// <summary>
    /// The only process that the program runs for and whose memory gets the breakpoints; null: every process that has the file
    /// mapped, now and later. The id of a process, not of a thread. The process may lose its first thread while it is watched; when
    /// it has lost it before, the kernel cannot watch it alone, and attaching is refused.
    /// </summary>
    public int? Pid { get; init; }

    /// <summary>Runs the program when the functions return, instead of when the instructions are reached.</summary>
    public bool IsReturn { get; init; }
}
