namespace Emleak.Elf;

/// <summary>The instruction set of an ELF file (<c>e_machine</c>). Values outside the list occur and are kept.</summary>
public enum ElfMachine : ushort
{
    /// <summary>No machine.</summary>
    None = 0,

    /// <summary>32-bit x86.</summary>
    X86 = 3,

    /// <summary>32-bit Arm.</summary>
    Arm = 40,

    /// <summary>x86-64.</summary>
    X64 = 62,

    /// <summary>64-bit Arm.</summary>
    Arm64 = 183,

    /// <summary>BPF bytecode.</summary>
    Bpf = 247,
}
