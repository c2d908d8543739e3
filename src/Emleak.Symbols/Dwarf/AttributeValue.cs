using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>A value as stored, not yet looked up in other sections.</summary>
/// <param name="Form">How it is stored; <see cref="DwarfForm.None"/> for an attribute that is absent.</param>
/// <param name="Raw">The number; for text in place, its offset in the section; for an index and an offset, the offset in the upper half.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AttributeValue(DwarfForm Form, ulong Raw)
{
    public bool IsPresent => Form != DwarfForm.None;

    /// <summary>True when <see cref="Raw"/> is an address or the index of one.</summary>
    public bool IsAddress => Form is DwarfForm.Address or DwarfForm.AddressIndex or DwarfForm.GnuAddressIndex or DwarfForm.LlvmAddressIndexAndOffset
        or (>= DwarfForm.AddressIndex1 and <= DwarfForm.AddressIndex4);
}
