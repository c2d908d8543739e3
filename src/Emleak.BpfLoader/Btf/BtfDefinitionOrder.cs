using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

/// <summary>The order in which C needs to see the types of a blob: what a structure contains before the structure.</summary>
internal sealed class BtfDefinitionOrder(BtfTypes types)
{
    // Deeper than types contain each other; each level is a call.
    private const int MaxDepth = 512;

    private readonly HashSet<(BtfTypeId Type, bool IsComplete)> _visited = [];
    private readonly HashSet<BtfTypeId> _defined = [];
    private readonly List<BtfTypeId> _order = [];

    /// <summary>Structures and unions with names: declared first, they may refer to each other by pointers.</summary>
    public IEnumerable<BtfTypeId> Declared() => All().Where(static type => type.IsComposite && type.NameOffset != 0).Select(static type => type.Id);

    /// <summary>What is defined: structures, unions, enumerations and typedefs with names.</summary>
    public IReadOnlyList<BtfTypeId> Defined()
    {
        foreach (BtfType type in All())
        {
            if (type.Kind == BtfKind.Typedef || (type.NameOffset != 0 && (type.IsComposite || type.IsEnum))) Need(type.Id, isComplete: true, 0);
        }

        return _order;
    }

    private void Define(BtfTypeId id)
    {
        // The compiler's own, which it does not let anybody define.
        bool isBuiltIn = types.GetString(types[id].NameOffset).SequenceEqual("__builtin_va_list"u8);
        if (!isBuiltIn && _defined.Add(id)) _order.Add(id);
    }

    private IEnumerable<BtfType> All()
    {
        for (uint id = 1; id < types.Count; id++) yield return types[new BtfTypeId(id)];
    }

    /// <param name="id">The type that is referred to.</param>
    /// <param name="isComplete">False behind a pointer, where a declared structure will do.</param>
    /// <param name="depth">Levels so far.</param>
    private void Need(BtfTypeId id, bool isComplete, int depth)
    {
        if (depth > MaxDepth) throw new MalformedDataException(BtfHeader.Where, 0, $"type {id} is needed through more than {MaxDepth} others");
        BtfType type = types[id];
        bool isNamed = type.NameOffset != 0;
        if (type.IsComposite && isNamed && !isComplete) return;
        if (!_visited.Add((id, isComplete))) return;
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                for (int i = 0; i < type.Count; i++) Need(types.GetMember(type, i).Type, isComplete: true, depth + 1);
                if (isNamed) Define(id);
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                if (isNamed) Define(id);
                break;
            case BtfKind.Typedef:
                Need(type.Target, isComplete, depth + 1);
                Define(id);
                break;
            case BtfKind.Pointer:
                Need(type.Target, isComplete: false, depth + 1);
                break;
            case BtfKind.Array:
                Need(types.GetArray(type).Element, isComplete: true, depth + 1);
                break;
            case BtfKind.FunctionPrototype:
                for (int i = 0; i < type.Count; i++) Need(types.GetParameter(type, i).Type, isComplete: false, depth + 1);
                Need(type.Target, isComplete: false, depth + 1);
                break;
            case var _ when type.IsModifier:
                Need(type.Target, isComplete, depth + 1);
                break;
        }
    }
}
