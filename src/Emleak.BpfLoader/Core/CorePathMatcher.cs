using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Core;

/// <summary>Finds in a candidate type what a path of the object's types leads to: members are followed by name.</summary>
internal sealed class CorePathMatcher(CorePath local, CoreRelocationKind kind, CoreBudget budget)
{
    private readonly CoreTypeComparer _comparer = new(local.Types, budget);

    /// <summary>The same path in the candidate, or null when the candidate has none.</summary>
    public CorePath? Match(BtfTypes types, BtfTypeId candidate)
    {
        CorePath target = new(types, candidate);
        if (kind == CoreRelocationKind.TypeMatches) return _comparer.Matches(local.Root, types, candidate) ? target : null;
        if (kind.IsAboutType) return _comparer.AreCompatible(local.Root, types, candidate) ? target : null;
        if (kind.IsAboutEnumerator) return MatchEnumerator(target) ? target : null;
        return MatchField(target) ? target : null;
    }

    private bool MatchEnumerator(CorePath target)
    {
        BtfType type = target.Types.Resolve(target.Root);
        if (!type.IsEnum) return false;
        CoreAccessor wanted = local.Accessors[0];
        ReadOnlySpan<byte> name = BtfNames.WithoutFlavour(
            local.Types.GetString(local.Types.GetEnumerator(local.Types[wanted.Type], wanted.Index).NameOffset));
        for (int i = 0; i < type.Count; i++)
        {
            budget.Spend();
            if (!BtfNames.WithoutFlavour(target.Types.GetString(target.Types.GetEnumerator(type, i).NameOffset)).SequenceEqual(name)) continue;
            target.Accessors.Add(new CoreAccessor(type.Id, i, IsNamed: true));
            return true;
        }

        return false;
    }

    private bool MatchField(CorePath target)
    {
        if (!target.Types.TryGetSize(target.Root, out _)) return false;
        target.StepToElement(target.Root, local.Accessors[0].Index);
        BtfTypeId next = target.Root;
        for (int i = 1; i < local.Accessors.Count; i++)
        {
            CoreAccessor wanted = local.Accessors[i];
            BtfType type = target.Types.Resolve(next);
            if (wanted.IsNamed)
            {
                BtfType owner = local.Types[wanted.Type];
                BtfMember member = local.Types.GetMember(owner, wanted.Index);
                if (MatchMember(target, type, member, 0) is not { } found) return false;
                next = found;
            }
            else
            {
                if (type.Kind != BtfKind.Array) return false;
                BtfArray array = target.Types.GetArray(type);
                if (wanted.Index >= array.Count && !target.IsAtFlexibleArray(array)) return false;
                target.StepToElement(array.Element, wanted.Index);
                next = array.Element;
            }
        }

        return true;
    }

    /// <summary>Steps to the member of the same name, through anonymous members; gives its type, or null when it is missing or different.</summary>
    private BtfTypeId? MatchMember(CorePath target, in BtfType type, in BtfMember wanted, int depth)
    {
        if (!type.IsComposite || depth > BtfTypes.MaxChain) return null;
        ReadOnlySpan<byte> name = local.Types.GetString(wanted.NameOffset);
        for (int i = 0; i < type.Count; i++)
        {
            budget.Spend();
            BtfMember member = target.Types.GetMember(type, i);
            if (member.NameOffset == 0)
            {
                BtfType inner = target.Types.Resolve(member.Type);
                target.BitOffset += member.BitOffset;
                if (MatchMember(target, inner, wanted, depth + 1) is { } found) return found;
                target.BitOffset -= member.BitOffset;
            }
            else if (target.Types.GetString(member.NameOffset).SequenceEqual(name))
            {
                if (!_comparer.AreFieldsCompatible(wanted.Type, target.Types, member.Type)) return null;
                target.BitOffset += member.BitOffset;
                target.Accessors.Add(new CoreAccessor(type.Id, i, IsNamed: true));
                return member.Type;
            }
        }

        return null;
    }
}
