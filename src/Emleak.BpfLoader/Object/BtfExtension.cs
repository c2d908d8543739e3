using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>The <c>.BTF.ext</c> section: functions, source lines and CO-RE relocations ("BPF Type Format", section 4.2).</summary>
internal sealed class BtfExtension
{
    private const string Where = ".BTF.ext";
    private const ushort Magic = 0xeb9f;
    private const uint HeaderWithoutCore = 24;
    private const uint HeaderWithCore = 32;

    private readonly BtfTypes _types;

    private BtfExtension(BtfTypes types) => _types = types;

    /// <summary>By name of the code section.</summary>
    public Dictionary<string, ExtensionSection> Sections { get; } = new(StringComparer.Ordinal);

    public static BtfExtension Read(ObjectFile file)
    {
        if (file.Btf is null || file.FindSection(Where) is not { } section) return new BtfExtension(file.Btf!);
        BtfExtension extension = new(file.Btf);
        extension.Read(file.GetReader(section));
        foreach ((string name, ExtensionSection known) in extension.Sections) known.Sort(name);
        return extension;
    }

    private void Read(ByteReader reader)
    {
        ushort magic = reader.ReadU16();
        byte version = reader.ReadU8();
        reader.Skip(1);
        uint headerLength = reader.ReadU32();
        if (magic != Magic || version != 1 || headerLength < HeaderWithoutCore)
        {
            throw new MalformedDataException(Where, 0, $"magic 0x{magic:x4}, version {version}, header of {headerLength} bytes");
        }

        ByteReader functions = Part(ref reader, headerLength);
        ByteReader lines = Part(ref reader, headerLength);
        ByteReader core = headerLength >= HeaderWithCore ? Part(ref reader, headerLength) : default;
        ReadPart(functions, 8, ReadFunction);
        ReadPart(lines, 16, ReadLine);
        ReadPart(core, 16, ReadRelocation);
    }

    private delegate void RowReader(ExtensionSection section, int slot, ref ByteReader row);

    private static ByteReader Part(ref ByteReader header, uint headerLength)
    {
        int back = header.Position + 8;
        ulong start = (ulong)headerLength + header.ReadU32();
        uint length = header.ReadU32();
        if (start + length > (ulong)header.Length)
        {
            throw new MalformedDataException(Where, back - 8, $"a part at 0x{start:x}+0x{length:x} ends after the data");
        }

        header.Position = (int)start;
        ByteReader part = new(header.ReadBytes((int)length), Where);
        header.Position = back;
        return part;
    }

    private void ReadPart(ByteReader reader, uint neededSize, RowReader readRow)
    {
        if (reader.Remaining == 0) return;
        uint rowSize = reader.ReadU32();
        if (rowSize < neededSize || rowSize > (uint)reader.Length) throw new MalformedDataException(Where, 0, $"rows of {rowSize} bytes");
        while (reader.Remaining > 0)
        {
            string name = ObjectFile.DecodeName(_types.GetString(reader.ReadU32()), Where);
            uint count = reader.ReadU32();
            if (!Sections.TryGetValue(name, out ExtensionSection? section)) Sections[name] = section = new ExtensionSection();
            for (uint i = 0; i < count; i++)
            {
                int at = reader.Position;
                ByteReader row = new(reader.ReadBytes((int)rowSize), Where);
                uint offset = row.ReadU32();
                if (offset % ObjectFile.InstructionSize != 0) throw new MalformedDataException(Where, at, $"instruction offset 0x{offset:x}");
                readRow(section, (int)(offset / ObjectFile.InstructionSize), ref row);
            }
        }
    }

    private static void ReadFunction(ExtensionSection section, int slot, ref ByteReader row) =>
        section.Functions.Add(new FunctionInfo(slot, new BtfTypeId(row.ReadU32())));

    private static void ReadLine(ExtensionSection section, int slot, ref ByteReader row) =>
        section.Lines.Add(new LineInfo(slot, row.ReadU32(), row.ReadU32(), row.ReadU32()));

    private void ReadRelocation(ExtensionSection section, int slot, ref ByteReader row)
    {
        BtfTypeId type = new(row.ReadU32());
        string access = ObjectFile.DecodeName(_types.GetString(row.ReadU32()), Where);
        section.Relocations.Add(new CoreRelocation(slot, type, access, (CoreRelocationKind)row.ReadU32()));
    }
}
