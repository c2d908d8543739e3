namespace Emleak.Probes;

/// <summary>The BPF programs for functions of one shape (bpf/emleak.bpf.c, PROGRAMS).</summary>
/// <param name="Name">What the programs' names start with.</param>
/// <param name="Reads">The arguments that they read at the entry.</param>
/// <param name="HasExit">True when they need the result, too.</param>
internal sealed record ProbePrograms(string Name, Arguments Reads, bool HasExit)
{
    public static ProbePrograms Malloc { get; } = new("malloc", Arguments.First, HasExit: true);

    public static ProbePrograms Calloc { get; } = new("calloc", Arguments.First | Arguments.Second, HasExit: true);

    public static ProbePrograms Realloc { get; } = new("realloc", Arguments.First | Arguments.Second, HasExit: true);

    public static ProbePrograms Reallocarray { get; } =
        new("reallocarray", Arguments.First | Arguments.Second | Arguments.Third, HasExit: true);

    public static ProbePrograms PosixMemalign { get; } = new("posix_memalign", Arguments.First | Arguments.Third, HasExit: true);

    public static ProbePrograms Memalign { get; } = new("memalign", Arguments.Second, HasExit: true);

    public static ProbePrograms Free { get; } = new("free", Arguments.First, HasExit: false);

    public static ProbePrograms Mmap { get; } = new("mmap", Arguments.Second, HasExit: true);

    public static ProbePrograms Munmap { get; } = new("munmap", Arguments.First | Arguments.Second, HasExit: true);

    public static ProbePrograms Mremap { get; } =
        new("mremap", Arguments.First | Arguments.Second | Arguments.Third | Arguments.Fourth, HasExit: true);

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

    /// <summary>Runs at both.</summary>
    public string Session => Name + "_session";
}
