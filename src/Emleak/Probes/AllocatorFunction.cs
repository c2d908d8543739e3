namespace Emleak.Probes;

/// <summary>A function that allocates or releases, and the BPF programs that understand its arguments and its result.</summary>
/// <param name="Name">The function.</param>
/// <param name="EnterProgram">Runs when it is called.</param>
/// <param name="ExitProgram">Runs when it returns; null where nobody needs the result.</param>
internal sealed record AllocatorFunction(string Name, string EnterProgram, string? ExitProgram)
{
    /// <summary>What the C library offers. Of two names for one address the first counts.</summary>
    public static IReadOnlyList<AllocatorFunction> Standard { get; } =
    [
        new("malloc", "malloc_enter", "allocation_exit"),
        new("calloc", "calloc_enter", "allocation_exit"),
        new("realloc", "realloc_enter", "allocation_exit"),
        new("reallocarray", "reallocarray_enter", "allocation_exit"),
        new("posix_memalign", "posix_memalign_enter", "posix_memalign_exit"),
        new("aligned_alloc", "memalign_enter", "allocation_exit"),
        new("memalign", "memalign_enter", "allocation_exit"),
        new("valloc", "malloc_enter", "allocation_exit"),
        new("pvalloc", "malloc_enter", "allocation_exit"),
        new("free", "free_enter", null),
        new("mmap", "mmap_enter", "mmap_exit"),
        new("mmap64", "mmap_enter", "mmap_exit"),
        new("munmap", "munmap_enter", "munmap_exit"),
        new("mremap", "mremap_enter", "mremap_exit"),
    ];

    /// <summary>The user's own function that takes a size and gives a block.</summary>
    public static AllocatorFunction CustomAllocate(string name) => new(name, "malloc_enter", "allocation_exit");

    /// <summary>The user's own function that takes a block and releases it.</summary>
    public static AllocatorFunction CustomRelease(string name) => new(name, "free_enter", null);
}
