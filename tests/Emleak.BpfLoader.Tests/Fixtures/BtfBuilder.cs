using System.Buffers.Binary;
using System.Text;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Tests.Fixtures;

/// <summary>Writes BTF of either byte order, well-formed or not, type by type.</summary>
internal sealed class BtfBuilder(bool bigEndian = false, int firstString = 0, uint firstId = 1)
{
    private readonly List<uint> _words = [];
    private readonly List<byte> _strings = firstString == 0 ? [0] : [];
    private uint _next = firstId;

    public uint Name(string name)
    {
        uint offset = (uint)(firstString + _strings.Count);
        _strings.AddRange(Encoding.UTF8.GetBytes(name));
        _strings.Add(0);
        return offset;
    }

    /// <summary>Adds a type; gives its number.</summary>
    public uint Add(BtfKind kind, string name, uint sizeOrTarget, int count = 0, bool flag = false, params uint[] rows)
    {
        _words.Add(name.Length == 0 ? 0 : Name(name));
        _words.Add(((uint)kind << 24) | (uint)count | (flag ? 1u << 31 : 0));
        _words.Add(sizeOrTarget);
        _words.AddRange(rows);
        return _next++;
    }

    public uint Integer(string name, uint size, bool signed = false) =>
        Add(BtfKind.Integer, name, size, rows: [(signed ? 1u << 24 : 0) | (size * 8)]);

    public byte[] ToBytes()
    {
        var bytes = new byte[24 + (_words.Count * 4) + _strings.Count];
        WriteU16(bytes, 0xeb9f);
        bytes[2] = 1;
        WriteU32(bytes.AsSpan(4), 24);
        WriteU32(bytes.AsSpan(12), (uint)_words.Count * 4);
        WriteU32(bytes.AsSpan(16), (uint)_words.Count * 4);
        WriteU32(bytes.AsSpan(20), (uint)_strings.Count);
        for (int i = 0; i < _words.Count; i++) WriteU32(bytes.AsSpan(24 + (i * 4)), _words[i]);
        _strings.CopyTo(bytes, 24 + (_words.Count * 4));
        return bytes;
    }

    public BtfTypes Parse(BtfTypes? baseTypes = null) => BtfTypes.Parse(ToBytes(), baseTypes);

    private void WriteU16(Span<byte> to, ushort value)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(to, value);
        else BinaryPrimitives.WriteUInt16LittleEndian(to, value);
    }

    private void WriteU32(Span<byte> to, uint value)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(to, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(to, value);
    }
}
