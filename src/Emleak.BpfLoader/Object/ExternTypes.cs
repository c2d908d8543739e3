using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Completes the BTF of externs to what the kernel accepts. It knows no externs: they are described as if the object had
/// them, the kernel's variables and functions as small integers, which is enough because nothing lies in these sections.
/// </summary>
internal static class ExternTypes
{
    private const uint GlobalVariable = 1;
    private const int GlobalFunction = 1;
    private const uint StandInSize = sizeof(int);
    private const uint SignedInteger = (1u << 24) | (StandInSize * 8);
    private const int RowWords = 3;

    /// <summary>The changed blob; the same bytes when the object has no externs.</summary>
    public static byte[] Complete(byte[] blob, IReadOnlyDictionary<string, MapSpec> maps)
    {
        BtfTypes types = BtfTypes.Parse(blob);
        bool hasSymbols = types.TryFind(ExternDeclarations.Symbols, BtfKind.DataSection, out BtfType symbols);
        bool hasValues = types.TryFind(ExternDeclarations.Configuration, BtfKind.DataSection, out BtfType values);
        if (!hasSymbols && !hasValues) return blob;
        BtfWriter writer = BtfWriter.Copy(types);
        if (hasSymbols) CompleteSymbols(types, writer, symbols);
        if (hasValues) CompleteValues(types, writer, values, maps[ExternDeclarations.Configuration]);
        return writer.ToArray();
    }

    private static void CompleteSymbols(BtfTypes types, BtfWriter writer, in BtfType section)
    {
        const string StandIn = "emleak_extern";
        BtfTypeId integer = writer.Add(BtfKind.Integer, "int", StandInSize, rows: [SignedInteger]);
        BtfTypeId variable = writer.Add(BtfKind.Variable, StandIn, integer.Value, rows: [GlobalVariable]);
        BtfDraft list = Draft(types, writer, section.Id);
        for (int i = 0; i < section.Count; i++)
        {
            BtfTypeId id = types.GetSectionVariable(section, i).Type;
            BtfDraft one = Draft(types, writer, id);
            if (one.Kind == BtfKind.Function)
            {
                one.Count = GlobalFunction;
                NameParameters(Draft(types, writer, new BtfTypeId(one.SizeOrTarget)), writer.AddString(StandIn));
                id = variable;
            }
            else
            {
                one.SizeOrTarget = integer.Value;
                one.Rows = [GlobalVariable];
            }

            SetRow(list, i, id.Value, (uint)i * StandInSize, StandInSize);
        }

        list.SizeOrTarget = (uint)section.Count * StandInSize;
    }

    private static void CompleteValues(BtfTypes types, BtfWriter writer, in BtfType section, MapSpec map)
    {
        BtfDraft list = Draft(types, writer, section.Id);
        BtfTypeId[] ids = new BtfTypeId[section.Count];
        for (int i = 0; i < ids.Length; i++) ids[i] = types.GetSectionVariable(section, i).Type;
        VariableSpec Place(BtfTypeId id) => map.Variables[ExternDeclarations.NameOf(types, types[id])];
        // The kernel wants them in order.
        Array.Sort(ids, (left, right) => Place(left).Offset.CompareTo(Place(right).Offset));
        for (int i = 0; i < ids.Length; i++)
        {
            VariableSpec place = Place(ids[i]);
            Draft(types, writer, ids[i]).Rows = [GlobalVariable];
            SetRow(list, i, ids[i].Value, (uint)place.Offset, (uint)place.Size);
        }

        list.SizeOrTarget = map.ValueSize;
    }

    private static void SetRow(BtfDraft list, int index, uint variable, uint offset, uint size)
    {
        int row = index * RowWords;
        list.Rows[row] = variable;
        list.Rows[row + 1] = offset;
        list.Rows[row + 2] = size;
    }

    // The kernel wants names for the parameters of functions; compilers have none for declarations without.
    private static void NameParameters(BtfDraft prototype, uint name)
    {
        if (prototype.Kind != BtfKind.FunctionPrototype) return;
        for (int row = 0; row < prototype.Rows.Length; row += 2)
        {
            bool isVariadic = prototype.Rows[row + 1] == 0;
            if (prototype.Rows[row] == 0 && !isVariadic) prototype.Rows[row] = name;
        }
    }

    private static BtfDraft Draft(BtfTypes types, BtfWriter writer, BtfTypeId id)
    {
        if (types[id].Kind == BtfKind.Void) throw new MalformedDataException(ExternDeclarations.Symbols, 0, "an extern of type void");
        return writer.Drafts[(int)(id.Value - types.First.Value)];
    }
}
