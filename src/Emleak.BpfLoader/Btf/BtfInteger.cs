using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>How an integer is to be read.</summary>
/// <param name="IsSigned">Two's complement.</param>
/// <param name="IsCharacter">A character.</param>
/// <param name="IsBoolean">A truth value.</param>
/// <param name="BitOffset">First bit; 0 except in bit fields of old compilers.</param>
/// <param name="Bits">Width in bits.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfInteger(bool IsSigned, bool IsCharacter, bool IsBoolean, int BitOffset, int Bits);
