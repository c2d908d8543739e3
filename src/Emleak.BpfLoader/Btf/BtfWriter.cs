using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Emleak.Elf;

namespace Emleak.BpfLoader.Btf;

/// <summary>
/// Writes BTF: from nothing, as a changed copy of a blob, or split from a base. The layout is that of the kernel
/// documentation "BPF Type Format (BTF)", section 2.
/// </summary>
public sealed class BtfWriter
{
    private const ushort Magic = 0xeb9f;
    private const int HeaderSize = 24;
    private const int FixedSize = 12;

    private readonly bool _isBigEndian;
    private readonly uint _firstId;
    private readonly uint _firstString;
    private readonly List<BtfDraft> _types = [];
    private readonly List<byte> _strings = [];
    private readonly Dictionary<string, uint> _added = new(StringComparer.Ordinal);

    /// <summary>Starts with no types.</summary>
    /// <param name="baseTypes">What the new blob continues; null: it stands alone.</param>
    /// <param name="isBigEndian">Byte order of a blob that stands alone; a split one has its base's.</param>
    public BtfWriter(BtfTypes? baseTypes = null, bool isBigEndian = false)
    {
        _isBigEndian = baseTypes?.IsBigEndian ?? isBigEndian;
        _firstId = (uint)(baseTypes?.Count ?? 1);
        _firstString = (uint)(baseTypes?.StringsEnd ?? 0);
        if (baseTypes is null) _strings.Add(0);
    }

    private BtfWriter(BtfTypes source)
    {
        _isBigEndian = source.IsBigEndian;
        _firstId = source.First.Value;
        _firstString = (uint)(source.Base?.StringsEnd ?? 0);
        _strings.AddRange(source.OwnStrings);
        for (uint id = _firstId; id < source.Count; id++)
        {
            BtfType type = source[new BtfTypeId(id)];
            _types.Add(new BtfDraft(type.Kind, type.NameOffset, type.SizeOrTarget, type.Count, type.KindFlag, source.RowWords(type)));
        }
    }

    /// <summary>The number that the next type gets.</summary>
    public BtfTypeId Next => new(_firstId + (uint)_types.Count);

    /// <summary>The types so far, by place.</summary>
    internal IReadOnlyList<BtfDraft> Drafts => _types;

    /// <summary>Starts with all of a blob's own types and strings, under their numbers and offsets.</summary>
    /// <exception cref="MalformedDataException">The blob is inconsistent.</exception>
    public static BtfWriter Copy(BtfTypes source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new BtfWriter(source);
    }

    /// <summary>Adds a string, once; gives its offset. The empty string is offset 0.</summary>
    /// <exception cref="ArgumentException">The text contains a zero character.</exception>
    public uint AddString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0) return 0;
        if (text.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("strings of BTF end at a zero", nameof(text));
        if (_added.TryGetValue(text, out uint known)) return known;
        uint offset = _firstString + (uint)_strings.Count;
        _strings.AddRange(Encoding.UTF8.GetBytes(text));
        _strings.Add(0);
        return _added[text] = offset;
    }

    /// <summary>Adds a type; gives its number. Whether it makes sense is not checked.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="name">Its name, or the empty string.</param>
    /// <param name="sizeOrTarget">The size in bytes or the number of the type referred to, as the kind says.</param>
    /// <param name="count">Number of members, enumerators, parameters or variables; for functions the linkage.</param>
    /// <param name="flag">See <see cref="BtfType.KindFlag"/>.</param>
    /// <param name="rows">The words that follow the fixed part.</param>
    /// <exception cref="ArgumentException">The kind is not known, or has another number of words.</exception>
    public BtfTypeId Add(BtfKind kind, string name, uint sizeOrTarget, int count = 0, bool flag = false, params ReadOnlySpan<uint> rows)
    {
        BtfDraft draft = new(kind, AddString(name), sizeOrTarget, count, flag, rows.ToArray());
        if (BtfTypes.TrailingSize(kind, count) != rows.Length * sizeof(uint))
        {
            throw new ArgumentException($"{kind} with a count of {count} does not have {rows.Length} words", nameof(rows));
        }

        BtfTypeId id = Next;
        _types.Add(draft);
        return id;
    }

    /// <summary>The blob.</summary>
    public byte[] ToArray()
    {
        int typesLength = _types.Sum(static type => FixedSize + (type.Rows.Length * sizeof(uint)));
        var bytes = new byte[HeaderSize + typesLength + _strings.Count];
        WriteHeader(bytes, typesLength);
        Span<byte> rest = bytes.AsSpan(HeaderSize);
        foreach (BtfDraft type in _types)
        {
            Write(ref rest, type.Name);
            Write(ref rest, type.Info);
            Write(ref rest, type.SizeOrTarget);
            foreach (uint word in type.Rows) Write(ref rest, word);
        }

        CollectionsMarshal.AsSpan(_strings).CopyTo(rest);
        return bytes;
    }

    private void WriteHeader(Span<byte> header, int typesLength)
    {
        if (_isBigEndian) BinaryPrimitives.WriteUInt16BigEndian(header, Magic);
        else BinaryPrimitives.WriteUInt16LittleEndian(header, Magic);
        header[2] = 1;
        Span<byte> rest = header[4..];
        Write(ref rest, HeaderSize);
        Write(ref rest, 0);
        Write(ref rest, (uint)typesLength);
        Write(ref rest, (uint)typesLength);
        Write(ref rest, (uint)_strings.Count);
    }

    private void Write(ref Span<byte> to, uint value)
    {
        if (_isBigEndian) BinaryPrimitives.WriteUInt32BigEndian(to, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(to, value);
        to = to[sizeof(uint)..];
    }
}
