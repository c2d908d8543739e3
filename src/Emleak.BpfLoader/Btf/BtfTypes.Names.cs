using System.Text;
using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

// Lookup by name. The index is built at the first lookup.
public sealed partial class BtfTypes
{
    /// <summary>The type with this name and kind, and the lowest number; the base is searched first.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="MalformedDataException">A name lies outside the strings.</exception>
    public bool TryFind(string name, BtfKind kind, out BtfType type)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryFind(Encoding.UTF8.GetBytes(name), kind, out type);
    }

    /// <summary>The type with this name (UTF-8) and kind, and the lowest number; the base is searched first.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="MalformedDataException">A name lies outside the strings.</exception>
    public bool TryFind(ReadOnlySpan<byte> name, BtfKind kind, out BtfType type)
    {
        if (Base is not null && Base.TryFind(name, kind, out type)) return true;
        for (int id = _names.Value.FirstCandidate(name); id >= 0; id = _names.Value.NextCandidate(id))
        {
            type = this[new BtfTypeId((uint)(_firstId + id))];
            if (type.Kind == kind && GetString(type.NameOffset).SequenceEqual(name)) return true;
        }

        type = default;
        return false;
    }

    internal void BuildNameIndex() => _ = _names.Value;

    /// <summary>Where the name of one of the blob's own types is, by its place among them.</summary>
    internal uint NameOffsetAt(int position) => ReadU32(_data.Span[_offsets[position]..]);

    /// <summary>
    /// Adds the numbers of the blob's own types (not the base's) whose names are equal up to the flavour, ascending.
    /// </summary>
    internal void FindFlavours(ReadOnlySpan<byte> name, List<BtfTypeId> found)
    {
        ReadOnlySpan<byte> essential = BtfNames.WithoutFlavour(name);
        for (int id = _names.Value.FirstCandidate(name); id >= 0; id = _names.Value.NextCandidate(id))
        {
            BtfType type = this[new BtfTypeId((uint)(_firstId + id))];
            if (BtfNames.WithoutFlavour(GetString(type.NameOffset)).SequenceEqual(essential)) found.Add(type.Id);
        }
    }
}
