using Emleak.Tracing.Records;

namespace Emleak.Probes;

/// <summary>The BPF programs for functions of one shape (bpf/emleak.bpf.c, SHAPES).</summary>
/// <param name="Name">What the names of the programs of their own start with, where probes carry no cookie.</param>
/// <param name="Shape">What tells the program for all shapes which one it is: the probe's cookie.</param>
/// <param name="Reads">The arguments that they read at the entry.</param>
/// <param name="HasExit">True when they need the result, too.</param>
internal sealed record ProbePrograms(string Name, Shape Shape, Arguments Reads, bool HasExit)
{
    public static ProbePrograms Malloc { get; } = new("malloc", Shape.Malloc, Arguments.First, HasExit: true);

    public static ProbePrograms Calloc { get; } = new("calloc", Shape.Calloc, Arguments.First | Arguments.Second, HasExit: true);

    public static ProbePrograms Realloc { get; } = new("realloc", Shape.Realloc, Arguments.First | Arguments.Second, HasExit: true);

    public static ProbePrograms Reallocarray { get; } =
        new("reallocarray", Shape.Reallocarray, Arguments.First | Arguments.Second | Arguments.Third, HasExit: true);

    public static ProbePrograms PosixMemalign { get; } = new("posix_memalign", Shape.PosixMemalign, Arguments.First | Arguments.Third, HasExit: true);

    public static ProbePrograms Memalign { get; } = new("memalign", Shape.Memalign, Arguments.Second, HasExit: true);

    public static ProbePrograms Free { get; } = new("free", Shape.Free, Arguments.First, HasExit: false);

    public static ProbePrograms Mmap { get; } = new("mmap", Shape.Mmap, Arguments.Second, HasExit: true);

    public static ProbePrograms Munmap { get; } = new("munmap", Shape.Munmap, Arguments.First | Arguments.Second, HasExit: true);

    public static ProbePrograms Mremap { get; } =
        new("mremap", Shape.Mremap, Arguments.First | Arguments.Second | Arguments.Third | Arguments.Fourth, HasExit: true);

    /// <summary>
    /// All, in the order in which they are attached to a process that runs meanwhile: what releases first. A block whose
    /// allocation is seen must not be released unseen.
    /// </summary>
    public static IReadOnlyList<ProbePrograms> All { get; } =
        [Free, Munmap, Realloc, Reallocarray, Mremap, Malloc, Calloc, PosixMemalign, Memalign, Mmap];

    /// <summary>Runs at the entry.</summary>
    public string Enter => Name + "_enter";

    /// <summary>Runs at the return.</summary>
    public string Exit => Name + "_exit";
}
