using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>The fixed part of one type (<c>struct btf_type</c>), decoded. What follows it is read through <see cref="BtfTypes"/>.</summary>
/// <param name="Id">The type's number.</param>
/// <param name="Kind">What the type is.</param>
/// <param name="NameOffset">Where the name is in the strings; 0 for none.</param>
/// <param name="Count">Number of members, enumerators, parameters or variables (<c>vlen</c>); for functions the linkage.</param>
/// <param name="KindFlag">For structures: members may be bit fields. For enumerations: signed. For forwards: a union.</param>
/// <param name="SizeOrTarget">The size in bytes or the number of the type referred to, as the kind says.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfType(
    BtfTypeId Id, BtfKind Kind, uint NameOffset, int Count, bool KindFlag, uint SizeOrTarget)
{
    /// <summary>Size in bytes; meaningful for integers, floats, structures, unions, enumerations and data sections.</summary>
    public uint Size => SizeOrTarget;

    /// <summary>The type referred to: pointer target, typedef's or modifier's type, a function's prototype, a prototype's result.</summary>
    public BtfTypeId Target => new(SizeOrTarget);

    /// <summary>True for structures and unions.</summary>
    public bool IsComposite => Kind is BtfKind.Struct or BtfKind.Union;

    /// <summary>True for enumerations of either width.</summary>
    public bool IsEnum => Kind is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>True for what changes neither layout nor name: <c>const</c>, <c>volatile</c>, <c>restrict</c>, type tags.</summary>
    public bool IsModifier => Kind is BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag;
}
