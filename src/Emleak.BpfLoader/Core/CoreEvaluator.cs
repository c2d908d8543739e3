using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Core;

/// <summary>Answers the question of a relocation about a path.</summary>
internal static class CoreEvaluator
{
    private const uint WidestLoad = 8;

    public static CoreValue Evaluate(CorePath path, CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldExists or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeMatches
            or CoreRelocationKind.EnumValueExists => new CoreValue(1),
        CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget => new CoreValue(path.Root.Value),
        CoreRelocationKind.TypeSize => new CoreValue(path.Types.SizeOf(path.Root)),
        CoreRelocationKind.EnumValue => EvaluateEnumerator(path),
        _ => EvaluateField(path, kind),
    };

    private static CoreValue EvaluateEnumerator(CorePath path)
    {
        CoreAccessor accessor = path.Accessors[0];
        return new CoreValue(unchecked((ulong)path.Types.GetEnumerator(path.Types[accessor.Type], accessor.Index).Value));
    }

    private static CoreValue EvaluateField(CorePath path, CoreRelocationKind kind)
    {
        CoreAccessor last = path.Accessors[^1];
        BtfTypes types = path.Types;
        if (!last.IsNamed) return EvaluateElement(path, last.Type, kind);
        BtfMember member = types.GetMember(types[last.Type], last.Index);
        BtfType type = types.Resolve(member.Type);
        (ulong byteOffset, uint byteSize) = member.BitSize != 0 ? LoadOfBitField(path, member, type) : (path.BitOffset / 8, types.SizeOf(member.Type));
        uint bits = member.BitSize != 0 ? (uint)member.BitSize : byteSize * 8;
        switch (kind)
        {
            case CoreRelocationKind.FieldByteOffset:
                return member.BitSize != 0 ? new CoreValue(byteOffset) : new CoreValue(byteOffset, byteSize, member.Type);
            case CoreRelocationKind.FieldByteSize:
                return new CoreValue(byteSize);
            case CoreRelocationKind.FieldSigned:
                bool isSigned = type.IsEnum ? type.KindFlag : type.Kind == BtfKind.Integer && types.GetInteger(type).IsSigned;
                return new CoreValue(isSigned ? 1UL : 0);
            case CoreRelocationKind.FieldLeftShift:
                ulong first = path.BitOffset - (byteOffset * 8);
                return new CoreValue(types.IsBigEndian ? ((8 - byteSize) * 8) + first : 64 - (first + bits));
            case CoreRelocationKind.FieldRightShift:
                return new CoreValue(64 - (ulong)bits);
            default:
                throw new MalformedDataException(".BTF.ext", 0, $"CO-RE relocation kind {(uint)kind} is not known");
        }
    }

    private static CoreValue EvaluateElement(CorePath path, BtfTypeId element, CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldByteOffset => new CoreValue(path.BitOffset / 8, path.Types.SizeOf(element), element),
        CoreRelocationKind.FieldByteSize => new CoreValue(path.Types.SizeOf(element)),
        _ => throw new MalformedDataException(".BTF.ext", 0, $"CO-RE relocation {kind} of an array element"),
    };

    /// <summary>The smallest aligned load that holds the whole bit field, not smaller than its declared type.</summary>
    private static (ulong ByteOffset, uint ByteSize) LoadOfBitField(CorePath path, in BtfMember member, in BtfType type)
    {
        for (uint size = type.Size; size is > 0 and <= WidestLoad; size *= 2)
        {
            ulong offset = path.BitOffset / 8 / size * size;
            if (path.BitOffset + (uint)member.BitSize - (offset * 8) <= size * 8) return (offset, size);
        }

        throw new MalformedDataException(".BTF", 0, $"a bit field of type {member.Type} needs more than one load");
    }
}
