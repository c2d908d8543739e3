using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>
/// Names of types as C has them. Blobs that were made of many compilations have different types of one name; C does not:
/// the second one is called <c>name___2</c>.
/// </summary>
internal sealed class CNames
{
    private readonly BtfTypes _types;
    private readonly Lazy<Dictionary<BtfTypeId, int>> _repeated;
    private readonly Lazy<Dictionary<(BtfTypeId, int), int>> _repeatedEnumerators;

    public CNames(BtfTypes types)
    {
        _types = types;
        _repeated = new Lazy<Dictionary<BtfTypeId, int>>(FindRepeated);
        _repeatedEnumerators = new Lazy<Dictionary<(BtfTypeId, int), int>>(FindRepeatedEnumerators);
    }

    public string this[BtfTypeId id]
    {
        get
        {
            string name = _types.GetName(_types[id]);
            return _repeated.Value.TryGetValue(id, out int number) ? $"{name}___{number}" : name;
        }
    }

    /// <summary>The name of one of an enumeration's rows.</summary>
    public string OfEnumerator(in BtfType type, int index)
    {
        string name = _types.GetText(_types.GetEnumerator(type, index).NameOffset);
        return _repeatedEnumerators.Value.TryGetValue((type.Id, index), out int number) ? $"{name}___{number}" : name;
    }

    private Dictionary<(BtfTypeId, int), int> FindRepeatedEnumerators()
    {
        Dictionary<uint, int> seen = [];
        Dictionary<(BtfTypeId, int), int> repeated = [];
        for (uint id = 1; id < _types.Count; id++)
        {
            BtfType type = _types[new BtfTypeId(id)];
            if (!type.IsEnum) continue;
            for (int i = 0; i < type.Count; i++)
            {
                ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(seen, _types.GetEnumerator(type, i).NameOffset, out _);
                if (++count > 1) repeated[(type.Id, i)] = count;
            }
        }

        return repeated;
    }

    private Dictionary<BtfTypeId, int> FindRepeated()
    {
        Dictionary<(bool IsTag, uint Name), int> seen = [];
        Dictionary<BtfTypeId, int> repeated = [];
        for (uint id = 1; id < _types.Count; id++)
        {
            BtfType type = _types[new BtfTypeId(id)];
            bool isTag = type.IsComposite || type.IsEnum;
            if (type.NameOffset == 0 || !(isTag || type.Kind == BtfKind.Typedef)) continue;
            ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(seen, (isTag, type.NameOffset), out _);
            if (++count > 1) repeated[type.Id] = count;
        }

        return repeated;
    }
}
