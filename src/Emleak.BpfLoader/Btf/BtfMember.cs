using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>A member of a structure or union.</summary>
/// <param name="NameOffset">Where the name is in the strings; 0 for an anonymous member.</param>
/// <param name="Type">The member's type.</param>
/// <param name="BitOffset">Offset from the start of the structure, in bits.</param>
/// <param name="BitSize">Width in bits for a bit field, else 0.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfMember(uint NameOffset, BtfTypeId Type, uint BitOffset, int BitSize)
{
    /// <summary>Offset of the byte that the member starts in.</summary>
    public uint ByteOffset => BitOffset / 8;
}
