namespace Emleak.BpfLoader.Btf;

/// <summary>
/// Rewrites what an older kernel does not know into what it knows, of the same size where size matters. No type changes
/// its number: those who refer to types by number need not care.
/// </summary>
public static class BtfDowngrade
{
    private const int MemberWords = 3;
    private const uint ByteEncoding = 8;

    /// <summary>The blob for a kernel that knows no more than <paramref name="known"/>.</summary>
    /// <exception cref="Emleak.Elf.MalformedDataException">The blob is inconsistent.</exception>
    public static byte[] Rewrite(BtfTypes types, BtfFeatures known)
    {
        ArgumentNullException.ThrowIfNull(types);
        BtfWriter writer = BtfWriter.Copy(types);
        IReadOnlyList<BtfDraft> drafts = writer.Drafts;
        int count = drafts.Count;
        BtfTypeId wideValue = default;
        if (!known.HasFlag(BtfFeatures.Enum64) && drafts.Any(static type => type.Kind == BtfKind.Enum64))
        {
            wideValue = writer.Add(BtfKind.Integer, "enum64_value", 1, rows: [ByteEncoding]);
        }

        for (int i = 0; i < count; i++) Rewrite(types, writer, drafts[i], known, wideValue);
        return writer.ToArray();
    }

    private static void Rewrite(BtfTypes types, BtfWriter writer, BtfDraft type, BtfFeatures known, BtfTypeId wideValue)
    {
        bool Lacks(BtfFeatures feature) => !known.HasFlag(feature);
        switch (type.Kind)
        {
            case BtfKind.FunctionPrototype when Lacks(BtfFeatures.Functions):
                // An enumeration has rows of the same size. Their second words, type numbers, become its values.
                Become(type, BtfKind.Enum, sizeof(uint));
                NameRows(writer, type, stride: 2);
                break;
            case BtfKind.Function when Lacks(BtfFeatures.Functions):
                Become(type, BtfKind.Typedef, type.SizeOrTarget);
                type.Count = 0;
                break;
            case BtfKind.Function when Lacks(BtfFeatures.GlobalFunctions):
                type.Count = 0;
                break;
            case BtfKind.DataSection when Lacks(BtfFeatures.DataSections):
                BecomeStructure(types, writer, type);
                break;
            case BtfKind.Variable when Lacks(BtfFeatures.DataSections):
            case BtfKind.DeclarationTag when Lacks(BtfFeatures.DeclarationTags):
                // One byte: as the member of what was a data section it must not be larger than the variable.
                Become(type, BtfKind.Integer, 1);
                type.Name = CleanName(types, writer, type.Name);
                type.Rows = [ByteEncoding];
                break;
            case BtfKind.Float when Lacks(BtfFeatures.Floats):
                Become(type, BtfKind.Struct, type.SizeOrTarget);
                type.Name = 0;
                break;
            case BtfKind.TypeTag when Lacks(BtfFeatures.TypeTags):
                Become(type, BtfKind.Const, type.SizeOrTarget);
                type.Name = 0;
                break;
            case BtfKind.Enum when Lacks(BtfFeatures.Enum64):
                type.KindFlag = false;
                break;
            case BtfKind.Enum64 when Lacks(BtfFeatures.Enum64):
                BecomeUnion(type, wideValue);
                break;
        }
    }

    private static void Become(BtfDraft type, BtfKind kind, uint sizeOrTarget)
    {
        type.Kind = kind;
        type.SizeOrTarget = sizeOrTarget;
        type.KindFlag = false;
    }

    /// <summary>Rows (variable, offset, size) become members (name, type, offset in bits).</summary>
    private static void BecomeStructure(BtfTypes types, BtfWriter writer, BtfDraft section)
    {
        for (int row = 0; row < section.Rows.Length; row += MemberWords)
        {
            (uint variable, uint offset) = (section.Rows[row], section.Rows[row + 1]);
            section.Rows[row] = types[new BtfTypeId(variable)].NameOffset;
            section.Rows[row + 1] = variable;
            section.Rows[row + 2] = unchecked(offset * 8);
        }

        Become(section, BtfKind.Struct, section.SizeOrTarget);
        section.Name = CleanName(types, writer, section.Name);
    }

    /// <summary>Rows (name, low word, high word) become members, all at offset 0.</summary>
    private static void BecomeUnion(BtfDraft enumeration, BtfTypeId value)
    {
        for (int row = 0; row < enumeration.Rows.Length; row += MemberWords)
        {
            enumeration.Rows[row + 1] = value.Value;
            enumeration.Rows[row + 2] = 0;
        }

        Become(enumeration, BtfKind.Union, enumeration.SizeOrTarget);
    }

    private static void NameRows(BtfWriter writer, BtfDraft type, int stride)
    {
        for (int row = 0; row < type.Rows.Length; row += stride)
        {
            if (type.Rows[row] == 0) type.Rows[row] = writer.AddString("unnamed");
        }
    }

    // Names of ordinary types are C identifiers; those of sections have dots, and tags are any text.
    private static uint CleanName(BtfTypes types, BtfWriter writer, uint name)
    {
        string text = types.GetText(name);
        string clean = string.Concat(text.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
        if (clean.Length > 0 && char.IsAsciiDigit(clean[0])) clean = "_" + clean;
        return clean == text ? name : writer.AddString(clean);
    }
}
