using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>A module's types, and the descriptor by which the kernel is told of them.</summary>
internal sealed record KernelModule(string Name, BtfTypes Types, BpfHandle Handle);
