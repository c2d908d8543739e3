using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>A view of a map of call stacks, which programs fill with <c>bpf_get_stackid</c>. Since kernel 4.6.</summary>
public sealed unsafe class StackTraces
{
    internal StackTraces(BpfMap map) => Map = map;

    /// <summary>The map that this is a view of.</summary>
    public BpfMap Map { get; }

    /// <summary>Most addresses that a stack has.</summary>
    public int MaxDepth => Map.ValueSize / sizeof(ulong);

    /// <summary>Reads a stack's addresses, innermost first.</summary>
    /// <param name="id">What <c>bpf_get_stackid</c> gave.</param>
    /// <param name="addresses">At least <see cref="MaxDepth"/> elements.</param>
    /// <returns>How many addresses there are; 0 when there is no such stack.</returns>
    /// <exception cref="ArgumentException"><paramref name="addresses"/> has too few elements.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public int Read(uint id, Span<ulong> addresses)
    {
        if (addresses.Length < MaxDepth) throw new ArgumentException($"{Map} has stacks of up to {MaxDepth} addresses", nameof(addresses));
        fixed (ulong* pointer = addresses)
        {
            if (!MapError.Found(Map, "read", BpfSyscall.LookupElement(Map.Handle, &id, pointer))) return 0;
        }

        // The kernel fills up with zeros, which are no addresses of code.
        int count = addresses[..MaxDepth].IndexOf(0ul);
        return count < 0 ? MaxDepth : count;
    }

    /// <summary>Takes a stack out, which makes room for others. False when there was none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Delete(uint id)
    {
        return MapError.Found(Map, "delete an entry of", BpfSyscall.DeleteElement(Map.Handle, &id));
    }
}
