namespace Emleak.Probes;

/// <summary>The functions of the allocators that are known. Of two names for one address the first counts.</summary>
internal static class AllocatorTable
{
    /// <summary>
    /// What is put before the names of an allocator that lives beside the C library's: jemalloc's usual one and that of Rust's
    /// packages of it, gperftools' and mimalloc's own. The last one is for what a C library (musl) calls when it needs memory itself.
    /// </summary>
    private static readonly string[] KnownPrefixes = ["", "je_", "_rjem_", "tc_", "mi_", "__libc_"];

    // C11 7.22.3, C23 7.24.3, POSIX, the C libraries' own, and jemalloc's (jemalloc(3)).
    private static readonly (string Name, FunctionShape Shape)[] Heap =
    [
        ("malloc", FunctionShape.Allocate()),
        ("calloc", FunctionShape.Allocate(size: 2, count: 1)),
        ("realloc", FunctionShape.Reallocate()),
        ("reallocarray", FunctionShape.Reallocate(size: 3, count: 2)),
        ("reallocf", FunctionShape.ReleaseAndAllocate()),
        ("posix_memalign", FunctionShape.Allocate(size: 3, result: 1)),
        ("aligned_alloc", FunctionShape.Allocate(size: 2)),
        ("memalign", FunctionShape.Allocate(size: 2)),
        ("valloc", FunctionShape.Allocate()),
        ("pvalloc", FunctionShape.Allocate()),
        ("free", FunctionShape.Release()),
        ("cfree", FunctionShape.Release()),
        ("free_sized", FunctionShape.Release()),
        ("free_aligned_sized", FunctionShape.Release()),
        ("mallocx", FunctionShape.Allocate()),
        ("rallocx", FunctionShape.Reallocate()),
        ("xallocx", FunctionShape.Resize),
        ("dallocx", FunctionShape.Release()),
        ("sdallocx", FunctionShape.Release()),
    ];

    // operator new and delete ([new.delete]) as the Itanium ABI writes them on 64-bit machines.
    private static readonly string[] OperatorForms = ["", "RKSt9nothrow_t", "St11align_val_t", "St11align_val_tRKSt9nothrow_t"];

    private static readonly (string Name, FunctionShape Shape)[] TcMalloc =
    [
        .. from form in (string[])["tc_new", "tc_newarray"]
           from suffix in (string[])["", "_nothrow", "_aligned", "_aligned_nothrow"]
           select (form + suffix, FunctionShape.Allocate()),
        .. from form in (string[])["tc_delete", "tc_deletearray"]
           from suffix in (string[])["", "_nothrow", "_aligned", "_aligned_nothrow", "_sized", "_sized_aligned"]
           select (form + suffix, FunctionShape.Release()),
        ("tc_malloc_skip_new_handler", FunctionShape.Allocate()),
    ];

    // mimalloc.h. What ends in _at takes an offset more, after what counts here; heaps come first.
    private static readonly (string Name, FunctionShape Shape)[] Mimalloc =
    [
        .. Aligned("mi_malloc", FunctionShape.Allocate()),
        .. Aligned("mi_zalloc", FunctionShape.Allocate()),
        .. Aligned("mi_calloc", FunctionShape.Allocate(size: 2, count: 1)),
        .. Aligned("mi_realloc", FunctionShape.Reallocate()),
        .. Aligned("mi_rezalloc", FunctionShape.Reallocate()),
        .. Aligned("mi_recalloc", FunctionShape.Reallocate(size: 3, count: 2)),
        ("mi_aligned_recalloc", FunctionShape.Reallocate(size: 3, count: 2)),
        ("mi_aligned_offset_recalloc", FunctionShape.Reallocate(size: 3, count: 2)),
        ("mi_malloc_small", FunctionShape.Allocate()),
        ("mi_zalloc_small", FunctionShape.Allocate()),
        ("mi_mallocn", FunctionShape.Allocate(size: 2, count: 1)),
        ("mi_reallocn", FunctionShape.Reallocate(size: 3, count: 2)),
        ("mi_expand", FunctionShape.Reallocate()),
        ("mi_new", FunctionShape.Allocate()),
        ("mi_new_nothrow", FunctionShape.Allocate()),
        ("mi_new_aligned", FunctionShape.Allocate()),
        ("mi_new_aligned_nothrow", FunctionShape.Allocate()),
        ("mi_new_n", FunctionShape.Allocate(size: 2, count: 1)),
        ("mi_new_realloc", FunctionShape.Reallocate()),
        ("mi_new_reallocn", FunctionShape.Reallocate(size: 3, count: 2)),
        .. Aligned("mi_heap_malloc", FunctionShape.Allocate(size: 2)),
        .. Aligned("mi_heap_zalloc", FunctionShape.Allocate(size: 2)),
        .. Aligned("mi_heap_calloc", FunctionShape.Allocate(size: 3, count: 2)),
        .. Aligned("mi_heap_realloc", FunctionShape.Reallocate(block: 2, size: 3)),
        .. Aligned("mi_heap_rezalloc", FunctionShape.Reallocate(block: 2, size: 3)),
        .. Aligned("mi_heap_recalloc", FunctionShape.Reallocate(block: 2, size: 4, count: 3)),
        ("mi_heap_malloc_small", FunctionShape.Allocate(size: 2)),
        ("mi_heap_mallocn", FunctionShape.Allocate(size: 3, count: 2)),
        ("mi_heap_reallocn", FunctionShape.Reallocate(block: 2, size: 4, count: 3)),
        ("mi_heap_reallocf", FunctionShape.ReleaseAndAllocate(block: 2, size: 3)),
        ("mi_heap_alloc_new", FunctionShape.Allocate(size: 2)),
        ("mi_heap_alloc_new_n", FunctionShape.Allocate(size: 3, count: 2)),
        // How long the string is, no argument says.
        ("mi_strdup", FunctionShape.Allocate(size: 0)),
        ("mi_strndup", FunctionShape.Allocate(size: 0)),
        ("mi_heap_strdup", FunctionShape.Allocate(size: 0)),
        ("mi_heap_strndup", FunctionShape.Allocate(size: 0)),
        ("mi_free_size", FunctionShape.Release()),
        ("mi_free_aligned", FunctionShape.Release()),
        ("mi_free_size_aligned", FunctionShape.Release()),
    ];

    // Objects/obmalloc.c of CPython from 3.13 on: a context comes first.
    private static readonly (string Name, FunctionShape Shape)[] Python =
    [
        .. from domain in (string[])["_PyMem_Mi", "_PyObject_Mi", "_PyMem_MiRaw"]
           from function in ((string, FunctionShape)[])
           [
               ("Malloc", FunctionShape.Allocate(size: 2)), ("Calloc", FunctionShape.Allocate(size: 3, count: 2)),
               ("Realloc", FunctionShape.Reallocate(block: 2, size: 3)), ("Free", FunctionShape.Release(block: 2)),
           ]
           select (domain + function.Item1, function.Item2),
    ];

    private static readonly (string Name, FunctionShape Shape)[] Operators =
    [
        .. from form in OperatorForms from name in (string[])["_Znwm", "_Znam"] select (name + form, FunctionShape.Allocate()),
        .. from size in (string[])["", "m"]
           from form in OperatorForms
           from name in (string[])["_ZdlPv", "_ZdaPv"]
           select (name + size + form, FunctionShape.Release()),
    ];

    private static readonly (string Name, FunctionShape Shape)[] Mappings =
    [
        ("mmap", FunctionShape.Mmap),
        ("mmap64", FunctionShape.Mmap),
        ("munmap", FunctionShape.Munmap),
        ("mremap", FunctionShape.Mremap),
    ];

    /// <summary>Every function of every known allocator.</summary>
    /// <param name="prefixes">Further words that an allocator may have before the names of its functions.</param>
    public static IReadOnlyList<AllocatorFunction> With(IEnumerable<string> prefixes) =>
    [
        .. from prefix in KnownPrefixes.Concat(prefixes).Distinct(StringComparer.Ordinal)
           from function in Heap
           select new AllocatorFunction(prefix + function.Name, function.Shape, FunctionKind.Heap),
        .. TcMalloc.Concat(Mimalloc).Concat(Python).Select(function => new AllocatorFunction(function.Name, function.Shape, FunctionKind.Heap)),
        .. Operators.Select(function => new AllocatorFunction(function.Name, function.Shape, FunctionKind.Operator)),
        .. Mappings.Select(function => new AllocatorFunction(function.Name, function.Shape, FunctionKind.Mapping)),
    ];

    private static (string Name, FunctionShape Shape)[] Aligned(string name, FunctionShape shape) =>
        [(name, shape), (name + "_aligned", shape), (name + "_aligned_at", shape)];
}
