using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Object;

/// <summary>An ELF relocation of an instruction.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ObjectRelocation(uint Type, int Symbol)
{
    /// <summary><c>R_BPF_64_64</c>: a 64-bit immediate load.</summary>
    public const uint Load = 1;

    /// <summary><c>R_BPF_64_ABS64</c>: 64 bits of data that hold an address.</summary>
    public const uint Address = 2;

    /// <summary><c>R_BPF_64_32</c>: a call.</summary>
    public const uint Call = 10;
}
