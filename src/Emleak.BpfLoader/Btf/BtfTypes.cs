using System.Buffers.Binary;
using System.Text;
using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

/// <summary>
/// The types of one BTF blob, in place: one pass notes where each type starts, everything else is decoded when asked
/// for. Safe for concurrent readers. Specified in the kernel documentation, "BPF Type Format (BTF)".
/// </summary>
/// <remarks>
/// Numbers and offsets are checked when they are followed: a type number or name outside the blob, or a chain of types
/// without an end, gives <see cref="MalformedDataException"/> from the method that meets it.
/// </remarks>
public sealed partial class BtfTypes
{
    private const int FixedSize = 12;
    private const int UnknownKind = -1;

    private readonly ReadOnlyMemory<byte> _data;
    private readonly BtfHeader _header;
    private readonly int[] _offsets;
    private readonly int _firstId;
    private readonly int _firstString;
    private readonly Lazy<BtfNameIndex> _names;

    private BtfTypes(ReadOnlyMemory<byte> data, BtfTypes? baseTypes)
    {
        _data = data;
        Base = baseTypes;
        _header = BtfHeader.Read(data.Span);
        if (baseTypes is not null && baseTypes.IsBigEndian != IsBigEndian)
        {
            throw new MalformedDataException(BtfHeader.Where, 0, "byte order differs from that of the base");
        }

        _firstId = baseTypes?.Count ?? 1;
        _firstString = baseTypes?.StringsEnd ?? 0;
        ReadOnlySpan<byte> strings = data.Span.Slice(_header.StringsStart, _header.StringsLength);
        if (!strings.IsEmpty && strings[^1] != 0)
        {
            throw new MalformedDataException(BtfHeader.Where, _header.StringsStart, "the strings have no terminating zero");
        }

        _offsets = IndexTypes(out int own);
        Count = _firstId + own;
        _names = new Lazy<BtfNameIndex>(() => new BtfNameIndex(this));
    }

    /// <summary>The blob whose numbers and strings these continue (a module's are split from the kernel's), or null.</summary>
    public BtfTypes? Base { get; }

    /// <summary>One more than the highest type number: <c>void</c> and the types of the base are counted.</summary>
    public int Count { get; }

    /// <summary>The lowest type number that is not the base's.</summary>
    public BtfTypeId First => new((uint)_firstId);

    /// <summary>True when multi-byte values have their most significant byte first.</summary>
    public bool IsBigEndian => _header.IsBigEndian;

    /// <summary>Size of a pointer in bytes. BTF does not say; BPF and the kernels that run it natively have 8.</summary>
    public static int PointerSize => 8;

    /// <summary>The bytes that were parsed.</summary>
    public ReadOnlyMemory<byte> Data => _data;

    internal int StringsEnd => _firstString + _header.StringsLength;

    /// <summary>The type with this number.</summary>
    /// <exception cref="MalformedDataException">There is none.</exception>
    public BtfType this[BtfTypeId id]
    {
        get
        {
            if (id.Value == 0) return default;
            if (id.Value < (uint)_firstId) return Base![id];
            if (id.Value >= (uint)Count) throw new MalformedDataException(BtfHeader.Where, 0, $"type {id} of {Count}");
            int at = _offsets[id.Value - (uint)_firstId];
            ReadOnlySpan<byte> row = _data.Span.Slice(at, FixedSize);
            uint info = ReadU32(row[4..]);
            return new BtfType(id, KindOf(info), ReadU32(row), CountOf(info), info >> 31 != 0, ReadU32(row[8..]));
        }
    }

    /// <summary>Indexes a blob; the memory must not change afterwards.</summary>
    /// <param name="data">The bytes of a <c>.BTF</c> section or of a file in <c>/sys/kernel/btf</c>.</param>
    /// <param name="baseTypes">What a split blob continues, else null.</param>
    /// <exception cref="MalformedDataException">The bytes are not BTF, are cut short, or hold a kind that is not known.</exception>
    public static BtfTypes Parse(ReadOnlyMemory<byte> data, BtfTypes? baseTypes = null) => new(data, baseTypes);

    /// <summary>The string at an offset as UTF-8, in place.</summary>
    /// <exception cref="MalformedDataException">The offset lies outside the strings.</exception>
    public ReadOnlySpan<byte> GetString(uint offset)
    {
        if (offset < (uint)_firstString) return Base!.GetString(offset);
        uint own = offset - (uint)_firstString;
        if (own >= (uint)_header.StringsLength)
        {
            if (offset == 0) return default;
            throw new MalformedDataException(BtfHeader.Where, offset, $"string offset, the strings have {StringsEnd} bytes");
        }

        ReadOnlySpan<byte> rest = _data.Span.Slice(_header.StringsStart + (int)own, _header.StringsLength - (int)own);
        return rest[..rest.IndexOf((byte)0)];
    }

    /// <summary>The name at an offset as a string of its own; empty for none.</summary>
    /// <exception cref="MalformedDataException">The offset lies outside the strings.</exception>
    public string GetText(uint offset) => Encoding.UTF8.GetString(GetString(offset));

    /// <summary>The name of a type as a string of its own; empty for none.</summary>
    /// <exception cref="MalformedDataException">The name lies outside the strings.</exception>
    public string GetName(in BtfType type) => GetText(type.NameOffset);

    /// <summary>Size in bytes of a kind's data after the fixed part, or -1 for a kind that is not known.</summary>
    internal static int TrailingSize(BtfKind kind, int count) => kind switch
    {
        BtfKind.Integer or BtfKind.Variable or BtfKind.DeclarationTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => 12 * count,
        BtfKind.Enum or BtfKind.FunctionPrototype => 8 * count,
        BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict
            or BtfKind.Function or BtfKind.Float or BtfKind.TypeTag => 0,
        _ => UnknownKind,
    };

    /// <summary>The blob's own strings, with their zeros.</summary>
    internal ReadOnlySpan<byte> OwnStrings => _data.Span.Slice(_header.StringsStart, _header.StringsLength);

    private static BtfKind KindOf(uint info) => (BtfKind)((info >> 24) & 0x1f);

    private static int CountOf(uint info) => (int)(info & 0xffff);

    private int[] IndexTypes(out int count)
    {
        ReadOnlySpan<byte> types = _data.Span.Slice(_header.TypesStart, _header.TypesLength);
        // The kernel's types take 27 bytes on average; most blobs need no second array.
        var offsets = new int[(types.Length / 24) + 1];
        count = 0;
        int at = 0;
        while (at < types.Length)
        {
            if (types.Length - at < FixedSize) throw CutShort(at);
            uint info = ReadU32(types[(at + 4)..]);
            int trailing = TrailingSize(KindOf(info), CountOf(info));
            if (trailing == UnknownKind) throw new MalformedDataException(BtfHeader.Where, at, $"kind {(info >> 24) & 0x1f} is not known");
            if (types.Length - at - FixedSize < trailing) throw CutShort(at);
            if (count == offsets.Length) Array.Resize(ref offsets, count * 2);
            offsets[count++] = _header.TypesStart + at;
            at += FixedSize + trailing;
        }

        return offsets;
    }

    private MalformedDataException CutShort(int at) =>
        new(BtfHeader.Where, _header.TypesStart + at, "a type runs past the end of the types");

    private uint ReadU32(ReadOnlySpan<byte> bytes) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
