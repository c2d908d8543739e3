namespace Emleak.BpfLoader.Core;

/// <summary>What a CO-RE relocation asks of the target's types (<c>enum bpf_core_relo_kind</c>, since kernel 5.17 part of its ABI).</summary>
public enum CoreRelocationKind : uint
{
    /// <summary>Offset of a field, in bytes.</summary>
    FieldByteOffset = 0,

    /// <summary>Size of a field, in bytes.</summary>
    FieldByteSize = 1,

    /// <summary>1 when the field exists, else 0.</summary>
    FieldExists = 2,

    /// <summary>1 when the field is signed, else 0.</summary>
    FieldSigned = 3,

    /// <summary>Left shift that brings a bit field to the top of 64 bits.</summary>
    FieldLeftShift = 4,

    /// <summary>Right shift that brings it down again.</summary>
    FieldRightShift = 5,

    /// <summary>Id of the type in the object's BTF.</summary>
    TypeIdLocal = 6,

    /// <summary>Id of the type in the target's BTF.</summary>
    TypeIdTarget = 7,

    /// <summary>1 when the type exists, else 0.</summary>
    TypeExists = 8,

    /// <summary>Size of the type, in bytes.</summary>
    TypeSize = 9,

    /// <summary>1 when the enumerator exists, else 0.</summary>
    EnumValueExists = 10,

    /// <summary>Value of the enumerator.</summary>
    EnumValue = 11,

    /// <summary>1 when a type of the same shape exists, else 0.</summary>
    TypeMatches = 12,
}
