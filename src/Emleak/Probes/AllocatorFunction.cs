namespace Emleak.Probes;

/// <summary>A function that allocates or releases.</summary>
/// <param name="Name">The function.</param>
/// <param name="Shape">What it does with memory, and where its arguments are.</param>
internal sealed record AllocatorFunction(string Name, FunctionShape Shape)
{
    /// <summary>What the C library offers. Of two names for one address the first counts.</summary>
    public static IReadOnlyList<AllocatorFunction> Standard { get; } =
    [
        new("malloc", FunctionShape.Allocate()),
        new("calloc", FunctionShape.Allocate(size: 2, count: 1)),
        new("realloc", FunctionShape.Reallocate()),
        new("reallocarray", FunctionShape.Reallocate(size: 3, count: 2)),
        new("posix_memalign", FunctionShape.Allocate(size: 3, result: 1)),
        new("aligned_alloc", FunctionShape.Allocate(size: 2)),
        new("memalign", FunctionShape.Allocate(size: 2)),
        new("valloc", FunctionShape.Allocate()),
        new("pvalloc", FunctionShape.Allocate()),
        new("free", FunctionShape.Release()),
        new("mmap", FunctionShape.Mmap),
        new("mmap64", FunctionShape.Mmap),
        new("munmap", FunctionShape.Munmap),
        new("mremap", FunctionShape.Mremap),
    ];

    /// <summary>The user's own function that takes a size and gives a block.</summary>
    public static AllocatorFunction CustomAllocate(string name) => new(name, FunctionShape.Allocate());

    /// <summary>The user's own function that takes a block and releases it.</summary>
    public static AllocatorFunction CustomRelease(string name) => new(name, FunctionShape.Release());
}
