using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Core;

/// <summary>One step of an access: a member of a structure, an element of an array, or an enumerator.</summary>
/// <param name="Type">The structure or enumeration that is stepped into; for elements the element's type.</param>
/// <param name="Index">Which member, element or enumerator.</param>
/// <param name="IsNamed">True for members and enumerators.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CoreAccessor(BtfTypeId Type, int Index, bool IsNamed);
