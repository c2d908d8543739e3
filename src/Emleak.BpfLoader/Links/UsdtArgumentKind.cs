namespace Emleak.BpfLoader.Links;

/// <summary>How a program gets an argument: <c>enum __bpf_usdt_arg_type</c> of libbpf's usdt.bpf.h.</summary>
internal enum UsdtArgumentKind
{
    Constant = 0,
    Register = 1,
    Memory = 2,

    /// <summary>An element of an array; known to usdt.bpf.h since libbpf 1.7.</summary>
    IndexedMemory = 3,
}
