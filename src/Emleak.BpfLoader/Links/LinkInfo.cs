using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Links;

/// <summary>What the kernel knows of a link.</summary>
/// <param name="Id">Its number, unique while the link lives.</param>
/// <param name="Type">How it is attached.</param>
/// <param name="ProgramId">The number of the program.</param>
/// <param name="Target">
/// What it is attached to: the tracepoint's name, the file's path, the kernel function's name; null when the kernel does not tell
/// (links to many uprobes and to perf events since 6.6).
/// </param>
public sealed record LinkInfo(uint Id, BpfLinkType Type, uint ProgramId, string? Target);
