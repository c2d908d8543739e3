using System.Runtime.InteropServices;
using Emleak.Tracing.Records;

namespace Emleak.Probes;

/// <summary>
/// What a function does with memory, and where its arguments are: all that the BPF programs must know of it. Places count
/// from 1; 0 stands for an argument that the function does not have.
/// </summary>
internal sealed record FunctionShape
{
    private FunctionShape(Shape kind, int size = 0, int count = 0, int block = 0, int result = 0, bool alwaysReleases = false)
    {
        Kind = kind;
        Cookie = Pack(new ProbeCookie
        {
            Shape = (byte)kind,
            Size = (byte)size,
            Count = (byte)count,
            Block = (byte)block,
            Result = (byte)result,
            AlwaysReleases = (byte)(alwaysReleases ? 1 : 0),
        });
        Reads = Place(size) | Place(count) | Place(block) | Place(result);
    }

    /// <summary>mmap(hint, length, ...).</summary>
    public static FunctionShape Mmap { get; } = new(Shape.Mmap) { Reads = Arguments.Second };

    /// <summary>munmap(address, length).</summary>
    public static FunctionShape Munmap { get; } = new(Shape.Munmap) { Reads = Arguments.First | Arguments.Second };

    /// <summary>mremap(address, old length, length, flags, ...).</summary>
    public static FunctionShape Mremap { get; } =
        new(Shape.Mremap) { Reads = Arguments.First | Arguments.Second | Arguments.Third | Arguments.Fourth };

    /// <summary>xallocx(block, size, extra, flags) gives the block's new size, at least the one asked for if it could.</summary>
    public static FunctionShape Resize { get; } = new(Shape.Resize, size: 2, count: 3, block: 1);

    public Shape Kind { get; }

    /// <summary>The same for the programs (bpf/emleak.h, probe_cookie).</summary>
    public ulong Cookie { get; }

    /// <summary>The same for a function whose end is seen by probes at its exits.</summary>
    public ulong CookieWithExits => Cookie | (1UL << (8 * (int)Marshal.OffsetOf<ProbeCookie>(nameof(ProbeCookie.HasExits))));

    /// <summary>The arguments that the programs read at the entry.</summary>
    public Arguments Reads { get; private init; }

    /// <summary>True when the programs need the result, too.</summary>
    public bool HasReturn => Kind != Shape.Release;

    /// <summary>True when a call may take away what an earlier one gave.</summary>
    public bool Releases => Kind is Shape.Release or Shape.Reallocate or Shape.Munmap or Shape.Mremap;

    /// <summary>A function that gives a block.</summary>
    /// <param name="size">Where the bytes are that it is asked for.</param>
    /// <param name="count">Where the number is that they are multiplied with.</param>
    /// <param name="result">Where the address is that the block's own is written to; 0 for a function that returns the block.</param>
    public static FunctionShape Allocate(int size = 1, int count = 0, int result = 0) => new(Shape.Allocate, size, count, result: result);

    /// <summary>A function that gives a block in place of another.</summary>
    /// <param name="block">Where the old block is.</param>
    /// <param name="size">Where the bytes are that it is asked for.</param>
    /// <param name="count">Where the number is that they are multiplied with.</param>
    public static FunctionShape Reallocate(int block = 1, int size = 2, int count = 0) => new(Shape.Reallocate, size, count, block);

    /// <summary>The same for one that has released the old block even when it fails.</summary>
    /// <param name="block">Where the old block is.</param>
    /// <param name="size">Where the bytes are that it is asked for.</param>
    public static FunctionShape ReleaseAndAllocate(int block = 1, int size = 2) => new(Shape.Reallocate, size, block: block, alwaysReleases: true);

    /// <summary>A function that takes a block back.</summary>
    /// <param name="block">Where the block is.</param>
    public static FunctionShape Release(int block = 1) => new(Shape.Release, block: block);

    // The first byte of the record is the lowest of the number, on every machine that emleak runs on.
    private static ulong Pack(ProbeCookie cookie) => MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(new ReadOnlySpan<ProbeCookie>(in cookie)));

    private static Arguments Place(int argument) => argument == 0 ? Arguments.None : (Arguments)(1 << (argument - 1));
}
