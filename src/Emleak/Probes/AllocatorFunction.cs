namespace Emleak.Probes;

/// <summary>A function that allocates or releases.</summary>
/// <param name="Name">The function.</param>
/// <param name="Programs">The BPF programs that understand its arguments and its result.</param>
internal sealed record AllocatorFunction(string Name, ProbePrograms Programs)
{
    /// <summary>What the C library offers. Of two names for one address the first counts.</summary>
    public static IReadOnlyList<AllocatorFunction> Standard { get; } =
    [
        new("malloc", ProbePrograms.Malloc),
        new("calloc", ProbePrograms.Calloc),
        new("realloc", ProbePrograms.Realloc),
        new("reallocarray", ProbePrograms.Reallocarray),
        new("posix_memalign", ProbePrograms.PosixMemalign),
        new("aligned_alloc", ProbePrograms.Memalign),
        new("memalign", ProbePrograms.Memalign),
        new("valloc", ProbePrograms.Malloc),
        new("pvalloc", ProbePrograms.Malloc),
        new("free", ProbePrograms.Free),
        new("mmap", ProbePrograms.Mmap),
        new("mmap64", ProbePrograms.Mmap),
        new("munmap", ProbePrograms.Munmap),
        new("mremap", ProbePrograms.Mremap),
    ];

    /// <summary>The user's own function that takes a size and gives a block.</summary>
    public static AllocatorFunction CustomAllocate(string name) => new(name, ProbePrograms.Malloc);

    /// <summary>The user's own function that takes a block and releases it.</summary>
    public static AllocatorFunction CustomRelease(string name) => new(name, ProbePrograms.Free);
}
