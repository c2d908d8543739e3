using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Programs;

/// <summary>What the kernel knows of a program. What an older kernel does not tell is zero or empty.</summary>
/// <param name="Id">Its number, unique while the program lives.</param>
/// <param name="Type">Its type.</param>
/// <param name="Name">The first 15 bytes of its name.</param>
/// <param name="Tag">Hash of its instructions, in hexadecimal digits.</param>
/// <param name="MapIds">The numbers of the maps that it uses.</param>
/// <param name="TranslatedSize">Size in bytes of the instructions after the verifier has translated them.</param>
/// <param name="VerifiedInstructions">How many instructions the verifier has looked at (since kernel 5.16).</param>
/// <param name="RunCount">How often it has run, if the kernel counts (sysctl <c>kernel.bpf_stats_enabled</c>; since 5.1).</param>
/// <param name="RunTime">How long all runs took, if the kernel counts.</param>
public sealed record ProgramInfo(
    uint Id,
    BpfProgramType Type,
    string Name,
    string Tag,
    IReadOnlyList<uint> MapIds,
    int TranslatedSize,
    uint VerifiedInstructions,
    ulong RunCount,
    TimeSpan RunTime);
