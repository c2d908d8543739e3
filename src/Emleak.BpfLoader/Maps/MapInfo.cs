using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Maps;

/// <summary>What the kernel knows of a map.</summary>
/// <param name="Id">Its number, unique while the map lives.</param>
/// <param name="Type">The kind of map.</param>
/// <param name="Name">The first 15 bytes of its name; empty before kernel 4.15.</param>
/// <param name="KeySize">Size of a key in bytes.</param>
/// <param name="ValueSize">Size of a value in bytes.</param>
/// <param name="MaxEntries">Most entries the map holds; for ring buffers the size in bytes.</param>
/// <param name="Flags">The <c>BPF_F_*</c> flags that it was made with.</param>
/// <param name="Extra">The further parameter of creation that some kinds have (since kernel 5.16).</param>
public sealed record MapInfo(
    uint Id, BpfMapType Type, string Name, int KeySize, int ValueSize, uint MaxEntries, uint Flags, ulong Extra);
