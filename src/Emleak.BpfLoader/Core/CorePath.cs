using System.Globalization;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Core;

/// <summary>What a relocation is about, in one BTF: a type, an enumerator, or the way from a type to a field in it.</summary>
internal sealed class CorePath
{
    // Deeper than any expression; the kernel has the same limit.
    private const int MaxAccessors = 64;

    public CorePath(BtfTypes types, BtfTypeId root)
    {
        Types = types;
        Root = root;
    }

    public BtfTypes Types { get; }

    public BtfTypeId Root { get; }

    /// <summary>The steps, anonymous members left out; empty for questions about types.</summary>
    public List<CoreAccessor> Accessors { get; } = [];

    /// <summary>Offset of the field from the root, in bits.</summary>
    public ulong BitOffset { get; set; }

    /// <summary>Reads the access string of a relocation.</summary>
    /// <exception cref="MalformedDataException">It does not fit the types.</exception>
    public static CorePath Parse(BtfTypes types, in CoreRelocation relocation)
    {
        CorePath path = new(types, relocation.Type);
        int[] indexes = ParseIndexes(relocation);
        if (relocation.Kind.IsAboutType)
        {
            if (indexes is not [0]) throw Mismatch(relocation);
            return path;
        }

        if (relocation.Kind.IsAboutEnumerator)
        {
            BtfType type = types.Resolve(relocation.Type);
            if (indexes.Length != 1 || !type.IsEnum || indexes[0] >= type.Count) throw Mismatch(relocation);
            path.Accessors.Add(new CoreAccessor(type.Id, indexes[0], IsNamed: true));
            return path;
        }

        path.StepToElement(relocation.Type, indexes[0]);
        BtfTypeId next = relocation.Type;
        foreach (int index in indexes.AsSpan(1)) next = path.Step(relocation, next, index);
        return path;
    }

    /// <summary>Steps from the start of an array to one of its elements.</summary>
    public void StepToElement(BtfTypeId element, int index)
    {
        ulong offset = (ulong)index * Types.SizeOf(element);
        if (offset > uint.MaxValue) throw new MalformedDataException(".BTF.ext", 0, $"element {index} of type {element} lies beyond 4 GiB");
        Accessors.Add(new CoreAccessor(element, index, IsNamed: false));
        BitOffset += offset * 8;
    }

    /// <summary>True when the last step led to an array that ends its structure and has no size of its own.</summary>
    public bool IsAtFlexibleArray(in BtfArray array)
    {
        if (array.Count != 0 || Accessors.Count == 0 || !Accessors[^1].IsNamed) return false;
        return Accessors[^1].Index == Types[Accessors[^1].Type].Count - 1;
    }

    private BtfTypeId Step(in CoreRelocation relocation, BtfTypeId id, int index)
    {
        BtfType type = Types.Resolve(id);
        if (type.IsComposite && index < type.Count)
        {
            BtfMember member = Types.GetMember(type, index);
            BitOffset += member.BitOffset;
            if (member.NameOffset != 0) Accessors.Add(new CoreAccessor(type.Id, index, IsNamed: true));
            return member.Type;
        }

        if (type.Kind != BtfKind.Array) throw Mismatch(relocation);
        BtfArray array = Types.GetArray(type);
        if (index >= array.Count && !IsAtFlexibleArray(array)) throw Mismatch(relocation);
        StepToElement(array.Element, index);
        return array.Element;
    }

    private static int[] ParseIndexes(in CoreRelocation relocation)
    {
        string[] parts = relocation.Access.Split(':', MaxAccessors + 1);
        if (parts.Length > MaxAccessors) throw Mismatch(relocation);
        var indexes = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out indexes[i])) throw Mismatch(relocation);
        }

        return indexes;
    }

    private static MalformedDataException Mismatch(in CoreRelocation relocation) => new(
        ".BTF.ext", relocation.Instruction, $"CO-RE relocation {relocation.Kind}: access {relocation.Access} does not fit type {relocation.Type}");
}
