using Emleak.BpfLoader.Btf;

namespace Emleak.Bindings;

/// <summary>Turns types of a BTF blob, and all that they refer to, into the model of the C# source.</summary>
internal sealed class ModelBuilder(BtfTypes types, BindingOptions options)
{
    // Deeper than any declaration a person writes.
    private const int MaxNesting = 16;

    private readonly Dictionary<string, BtfTypeId> _cNames = new(StringComparer.Ordinal);

    public BindingModel Model { get; } = new();

    public void AddNamed(string name)
    {
        foreach (BtfKind kind in (BtfKind[])[BtfKind.Struct, BtfKind.Union, BtfKind.Enum, BtfKind.Enum64, BtfKind.Typedef])
        {
            if (!types.TryFind(name, kind, out BtfType type)) continue;
            Add(types.Resolve(type.Id), name);
            return;
        }

        throw new InvalidDataException($"has no type named {name}");
    }

    public void AddConstants()
    {
        for (uint id = types.First.Value; id < types.Count; id++)
        {
            BtfType type = types[new BtfTypeId(id)];
            if (!type.IsEnum || type.NameOffset != 0) continue;
            for (int i = 0; i < type.Count; i++)
            {
                BtfEnumerator row = types.GetEnumerator(type, i);
                string name = types.GetText(row.NameOffset);
                Model.Constants[CSharpNames.ToPascal(name)] = (name, EnumBuilder.UnderlyingType(type), EnumBuilder.ValueText(type, row.Value));
            }
        }
    }

    /// <summary>The C# name of a type of its own, which is written if it is not yet.</summary>
    private string Add(in BtfType type, string cName)
    {
        string name = options.Renames.TryGetValue(cName, out string? given) ? given : CSharpNames.ToPascal(cName);
        if (_cNames.TryGetValue(name, out BtfTypeId known))
        {
            if (known == type.Id) return name;
            throw new InvalidDataException($"two types become {name}: {known} and {type.Id}");
        }

        _cNames[name] = type.Id;
        if (type.IsEnum) Model.Enums[name] = EnumBuilder.Build(types, type, name, cName, options.IsObject);
        else if (type.IsComposite) Model.Records[name] = BuildRecord(type, name, cName, 0);
        else throw new InvalidDataException($"{cName} is neither a structure, a union nor an enumeration");
        return name;
    }

    private RecordModel BuildRecord(in BtfType type, string name, string cName, int depth)
    {
        string keyword = type.Kind == BtfKind.Union ? "union" : "struct";
        RecordModel record = new(name, $"{keyword} {cName}", checked((int)type.Size), types.AlignmentOf(type.Id) == 1);
        AddMembers(record, type, 0, depth);
        string? twice = record.Fields.Select(field => field.Name).Concat(record.BitFields.Select(bits => bits.Name))
            .GroupBy(text => text, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null) throw new InvalidDataException($"{record.CName}: two members become {twice}");
        return record;
    }

    private void AddMembers(RecordModel record, in BtfType type, uint startBit, int depth)
    {
        if (depth > MaxNesting) throw new InvalidDataException($"{record.CName}: nested too deep");
        for (int i = 0; i < type.Count; i++)
        {
            BtfMember member = types.GetMember(type, i);
            uint bit = startBit + member.BitOffset;
            BtfType target = types.Resolve(member.Type);
            if (member.NameOffset == 0)
            {
                // C guarantees that the names of unnamed members do not clash with those around them.
                if (target.IsComposite) AddMembers(record, target, bit, depth + 1);
            }
            else if (member.BitSize != 0)
            {
                AddBitField(record, member, target, bit);
            }
            else
            {
                AddField(record, types.GetText(member.NameOffset), member.Type, (int)(bit / 8), depth);
            }
        }
    }

    private void AddField(RecordModel record, string cName, BtfTypeId id, int offset, int depth)
    {
        string name = MemberName(record, cName);
        (string typeName, bool isFlexible) = MapType(record, name, cName, id, depth);
        if (isFlexible) record.Tails.Add(new FieldModel(name, cName, typeName, offset, 0));
        else record.Fields.Add(new FieldModel(name, cName, typeName, offset, checked((int)types.SizeOf(id))));
    }

    private void AddBitField(RecordModel record, in BtfMember member, in BtfType target, uint bit)
    {
        string cName = types.GetText(member.NameOffset);
        int bits = checked((int)target.Size * 8);
        bool isSigned = target.Kind == BtfKind.Integer ? types.GetInteger(target).IsSigned : target.KindFlag;
        int start = (int)(bit / (uint)bits) * bits;
        int shift = (int)bit - start;
        if (shift + member.BitSize > bits || (start + bits) / 8 > record.Size)
        {
            throw new InvalidDataException($"{record.CName}: bit field {cName} crosses its storage unit");
        }

        string storage = $"Bits{start / 8}";
        string storageType = Primitives.NameOf(target.Size, isSigned: false);
        if (!record.Fields.Any(field => field.Name == storage))
        {
            record.Fields.Add(new FieldModel(storage, "bit fields", storageType, start / 8, bits / 8));
        }

        record.BitFields.Add(new BitFieldModel(MemberName(record, cName), cName, storage, storageType, shift, member.BitSize, isSigned));
    }

    private (string Type, bool IsFlexible) MapType(RecordModel record, string field, string cName, BtfTypeId id, int depth)
    {
        (BtfType type, string? typedefName) = ResolveNamed(id);
        if (type.Kind != BtfKind.Array) return (MapScalar(record, field, cName, type, typedefName, depth), false);
        long count = 1;
        while (type.Kind == BtfKind.Array)
        {
            BtfArray array = types.GetArray(type);
            count = checked(count * array.Count);
            (type, typedefName) = ResolveNamed(array.Element);
        }

        string element = MapScalar(record, field, cName, type, typedefName, depth);
        if (count == 0) return (element, true);
        record.Arrays.Add(new ArrayModel(field + "Array", element, checked((int)count)));
        return (field + "Array", false);
    }

    private string MapScalar(RecordModel record, string field, string cName, in BtfType type, string? typedefName, int depth)
    {
        string ownName = types.GetName(type);
        if (ownName.Length == 0) ownName = typedefName ?? "";
        switch (type.Kind)
        {
            case BtfKind.Pointer:
                return "ulong";
            case BtfKind.Integer:
                BtfInteger integer = types.GetInteger(type);
                if (integer.IsBoolean) return "bool";
                return ownName == "char" ? "byte" : Primitives.NameOf(type.Size, integer.IsSigned);
            case BtfKind.Float:
                return type.Size == 4 ? "float" : "double";
            case BtfKind.Enum or BtfKind.Enum64:
                return ownName.Length == 0 ? EnumBuilder.UnderlyingType(type) : Add(type, ownName);
            case BtfKind.Struct or BtfKind.Union when ownName.Length != 0:
                return Add(type, ownName);
            case BtfKind.Struct or BtfKind.Union:
                record.Nested.Add(BuildRecord(type, field + "Fields", $"{{ ... }} {cName}", depth + 1));
                return field + "Fields";
            default:
                throw new InvalidDataException($"{record.CName}: {field} is of kind {type.Kind}");
        }
    }

    /// <summary>Resolves a type and remembers the last typedef on the way: it names an unnamed structure.</summary>
    private (BtfType Type, string? TypedefName) ResolveNamed(BtfTypeId id)
    {
        BtfType end = types.Resolve(id);
        string? name = null;
        for (BtfType type = types[id]; type.Id != end.Id; type = types[type.Target])
        {
            if (type.Kind == BtfKind.Typedef) name = types.GetName(type);
        }

        return (end, name);
    }

    // C# does not allow a member to be named as the type around it.
    private static string MemberName(RecordModel record, string cName)
    {
        string name = CSharpNames.ToPascal(cName);
        return name == record.Name ? name + "Value" : name;
    }
}
