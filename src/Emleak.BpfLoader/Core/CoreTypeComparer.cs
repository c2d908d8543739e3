using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Core;

/// <summary>
/// The three degrees of "the same type" that CO-RE knows: a field may be read as the other, a type stands for the other,
/// and a type has all that the other has.
/// </summary>
internal sealed class CoreTypeComparer(BtfTypes local, CoreBudget budget)
{
    private const int MaxDepth = BtfTypes.MaxChain;

    /// <summary>True when kinds are equal, enumerations of either width being one kind.</summary>
    public static bool AreKindsCompatible(in BtfType left, in BtfType right) =>
        left.Kind == right.Kind || (left.IsEnum && right.IsEnum);

    /// <summary>Can a field of one type be read where a field of the other was expected? Sizes may differ.</summary>
    public bool AreFieldsCompatible(BtfTypeId localId, BtfTypes types, BtfTypeId targetId)
    {
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            BtfType mine = local.Resolve(localId);
            BtfType other = types.Resolve(targetId);
            if (mine.IsComposite && other.IsComposite) return true;
            if (!AreKindsCompatible(mine, other)) return false;
            switch (mine.Kind)
            {
                case BtfKind.Pointer or BtfKind.Float:
                    return true;
                case BtfKind.Forward or BtfKind.Enum or BtfKind.Enum64:
                    // Anonymous enumerations are compatible with all.
                    return mine.NameOffset == 0 || other.NameOffset == 0 || AreNamesEqual(mine.NameOffset, types, other.NameOffset);
                case BtfKind.Integer:
                    return IsWhole(local, mine) && IsWhole(types, other);
                case BtfKind.Array:
                    localId = local.GetArray(mine).Element;
                    targetId = types.GetArray(other).Element;
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Does one type stand for the other? Names below the root and members of structures are not looked at.</summary>
    public bool AreCompatible(BtfTypeId localId, BtfTypes types, BtfTypeId targetId) => AreCompatible(localId, types, targetId, 0);

    /// <summary>Has the target all members and enumerators of the local type, with types that match in turn?</summary>
    public bool Matches(BtfTypeId localId, BtfTypes types, BtfTypeId targetId) => Matches(localId, types, targetId, isBehindPointer: false, 0);

    private bool AreCompatible(BtfTypeId localId, BtfTypes types, BtfTypeId targetId, int depth)
    {
        for (; depth < MaxDepth; depth++)
        {
            budget.Spend();
            BtfType mine = local.Resolve(localId);
            BtfType other = types.Resolve(targetId);
            if (!AreKindsCompatible(mine, other)) return false;
            switch (mine.Kind)
            {
                case BtfKind.Void or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Forward:
                    return true;
                case BtfKind.Integer:
                    return IsWhole(local, mine) && IsWhole(types, other);
                case BtfKind.Pointer:
                    (localId, targetId) = (mine.Target, other.Target);
                    break;
                case BtfKind.Array:
                    (localId, targetId) = (local.GetArray(mine).Element, types.GetArray(other).Element);
                    break;
                case BtfKind.FunctionPrototype:
                    if (mine.Count != other.Count) return false;
                    for (int i = 0; i < mine.Count; i++)
                    {
                        if (!AreCompatible(local.GetParameter(mine, i).Type, types, types.GetParameter(other, i).Type, depth + 1)) return false;
                    }

                    (localId, targetId) = (mine.Target, other.Target);
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private bool Matches(BtfTypeId localId, BtfTypes types, BtfTypeId targetId, bool isBehindPointer, int depth)
    {
        for (; depth < MaxDepth; depth++)
        {
            budget.Spend();
            BtfType mine = local.Resolve(localId);
            BtfType other = types.Resolve(targetId);
            if (!AreNamesEqual(mine.NameOffset, types, other.NameOffset)) return false;
            if (isBehindPointer && IsComposite(mine) && IsComposite(other)) return IsUnion(mine) == IsUnion(other);
            if (!AreKindsCompatible(mine, other)) return false;
            switch (mine.Kind)
            {
                case BtfKind.Void:
                    return true;
                case BtfKind.Forward:
                    return mine.KindFlag == other.KindFlag;
                case BtfKind.Enum or BtfKind.Enum64:
                    return EnumeratorsMatch(mine, types, other);
                case BtfKind.Struct or BtfKind.Union:
                    return MembersMatch(mine, types, other, depth);
                case BtfKind.Integer:
                    return mine.Size == other.Size && local.GetInteger(mine).IsSigned == types.GetInteger(other).IsSigned;
                case BtfKind.Pointer:
                    isBehindPointer = true;
                    (localId, targetId) = (mine.Target, other.Target);
                    break;
                case BtfKind.Array:
                    if (local.GetArray(mine).Count != types.GetArray(other).Count) return false;
                    (localId, targetId) = (local.GetArray(mine).Element, types.GetArray(other).Element);
                    break;
                case BtfKind.FunctionPrototype:
                    if (!ParametersMatch(mine, types, other, depth)) return false;
                    (localId, targetId) = (mine.Target, other.Target);
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private bool ParametersMatch(in BtfType mine, BtfTypes types, in BtfType other, int depth)
    {
        if (mine.Count != other.Count) return false;
        for (int i = 0; i < mine.Count; i++)
        {
            BtfTypeId target = types.GetParameter(other, i).Type;
            if (!Matches(local.GetParameter(mine, i).Type, types, target, isBehindPointer: false, depth + 1)) return false;
        }

        return true;
    }

    private bool MembersMatch(in BtfType mine, BtfTypes types, in BtfType other, int depth)
    {
        if (mine.Count > other.Count) return false;
        for (int i = 0; i < mine.Count; i++)
        {
            BtfMember wanted = local.GetMember(mine, i);
            bool isFound = false;
            for (int j = 0; j < other.Count && !isFound; j++)
            {
                budget.Spend();
                BtfMember member = types.GetMember(other, j);
                isFound = AreNamesEqual(wanted.NameOffset, types, member.NameOffset)
                    && Matches(wanted.Type, types, member.Type, isBehindPointer: false, depth + 1);
            }

            if (!isFound) return false;
        }

        return true;
    }

    private bool EnumeratorsMatch(in BtfType mine, BtfTypes types, in BtfType other)
    {
        if (mine.Size != other.Size || mine.Count > other.Count) return false;
        for (int i = 0; i < mine.Count; i++)
        {
            uint wanted = local.GetEnumerator(mine, i).NameOffset;
            bool isFound = false;
            for (int j = 0; j < other.Count && !isFound; j++)
            {
                budget.Spend();
                isFound = AreNamesEqual(wanted, types, types.GetEnumerator(other, j).NameOffset);
            }

            if (!isFound) return false;
        }

        return true;
    }

    private bool AreNamesEqual(uint mine, BtfTypes types, uint other) =>
        BtfNames.WithoutFlavour(local.GetString(mine)).SequenceEqual(BtfNames.WithoutFlavour(types.GetString(other)));

    // A declaration without definition stands for a structure or union behind a pointer.
    private static bool IsComposite(in BtfType type) => type.IsComposite || type.Kind == BtfKind.Forward;

    private static bool IsUnion(in BtfType type) => type.Kind == BtfKind.Forward ? type.KindFlag : type.Kind == BtfKind.Union;

    // Old compilers described bit fields by integers that start inside a byte.
    private static bool IsWhole(BtfTypes types, in BtfType integer) => types.GetInteger(integer).BitOffset == 0;
}
