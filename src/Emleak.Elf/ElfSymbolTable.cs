using System.Runtime.InteropServices;
using System.Text;

namespace Emleak.Elf;

/// <summary>A symbol table in place: rows are decoded when asked for, names compared as UTF-8, nothing allocated per symbol.</summary>
public readonly ref struct ElfSymbolTable
{
    private readonly ReadOnlySpan<byte> _rows;
    private readonly ReadOnlySpan<byte> _strings;
    private readonly ElfSection _section;
    private readonly bool _is64;
    private readonly bool _bigEndian;
    private readonly int _count;
    private readonly int _maxNameBytes;
    private readonly IReadOnlyList<ElfSection>? _placed;

    internal ElfSymbolTable(
        ElfSection section, ReadOnlySpan<byte> rows, ReadOnlySpan<byte> strings, bool is64, bool bigEndian, int maxNameBytes,
        IReadOnlyList<ElfSection>? placed)
    {
        _section = section;
        _rows = rows;
        _strings = strings;
        _is64 = is64;
        _bigEndian = bigEndian;
        _maxNameBytes = maxNameBytes;
        _placed = placed;
        _count = rows.Length / RowSize;
        if (section.EntrySize != 0 && section.EntrySize != (ulong)RowSize)
        {
            throw new MalformedDataException(section.Name, 0, $"rows of {section.EntrySize} bytes, {RowSize} expected");
        }

        // Required by the gABI ("String Table"): every name inside then has an end.
        if (!strings.IsEmpty && strings[^1] != 0)
        {
            throw new MalformedDataException(section.Name, 0, "its string table does not end with a zero");
        }
    }

    /// <summary>Number of symbols, the empty first one included. 0 for a file that has no such table.</summary>
    public int Count => _count;

    /// <summary>The symbol at <paramref name="index"/>.</summary>
    /// <exception cref="MalformedDataException">There is no such row.</exception>
    public ElfSymbol this[int index]
    {
        get
        {
            if ((uint)index >= (uint)_count) throw NoSuchRow(index);
            ReadOnlySpan<byte> row = _rows.Slice(index * RowSize, RowSize);
            ElfSymbol symbol = _is64 && BitConverter.IsLittleEndian != _bigEndian ? Read(MemoryMarshal.Read<StoredSymbol>(row)) : Read(row);
            return _placed is null || symbol.SectionIndex >= _placed.Count
                ? symbol
                : symbol with { Value = unchecked(symbol.Value + _placed[symbol.SectionIndex].Address) };
        }
    }

    private int RowSize => _is64 ? 24 : 16;

    /// <summary>The symbol's name as UTF-8, in place; cut at <see cref="ElfLimits.MaxNameBytes"/>.</summary>
    /// <exception cref="MalformedDataException">The name lies outside the string table.</exception>
    public ReadOnlySpan<byte> GetName(scoped in ElfSymbol symbol) => GetNamePrefix(symbol, _maxNameBytes);

    /// <summary>
    /// The first bytes of the symbol's name. Reads no further, so that many symbols with one very long name cost little.
    /// </summary>
    /// <exception cref="MalformedDataException">The name lies outside the string table.</exception>
    public ReadOnlySpan<byte> GetNamePrefix(scoped in ElfSymbol symbol, int maxLength)
    {
        if (symbol.NameOffset >= (uint)_strings.Length) throw NameOutside(symbol);
        ReadOnlySpan<byte> rest = _strings[(int)symbol.NameOffset..];
        ReadOnlySpan<byte> window = rest[..Math.Min(maxLength, rest.Length)];
        int end = window.IndexOf((byte)0);
        if (end >= 0) return window[..end];
        return window.Length < rest.Length ? window : throw NameOutside(symbol);
    }

    /// <summary>True when the symbol has this name. Costs no more than the length of <paramref name="name"/>.</summary>
    /// <exception cref="MalformedDataException">The name lies outside the string table.</exception>
    public bool HasName(scoped in ElfSymbol symbol, ReadOnlySpan<byte> name)
    {
        if (symbol.NameOffset >= (uint)_strings.Length) throw NameOutside(symbol);
        ReadOnlySpan<byte> rest = _strings[(int)symbol.NameOffset..];
        return rest.StartsWith(name) && name.Length < rest.Length && rest[name.Length] == 0;
    }

    /// <summary>The symbol's name as a string of its own; cut at <see cref="ElfLimits.MaxNameBytes"/>.</summary>
    /// <exception cref="MalformedDataException">The name lies outside the string table.</exception>
    public string GetNameString(scoped in ElfSymbol symbol) => Encoding.UTF8.GetString(GetName(symbol));

    private MalformedDataException NameOutside(in ElfSymbol symbol) =>
        new(_section?.Name ?? "symbol table", symbol.NameOffset, $"a name that does not end inside the {_strings.Length} bytes of strings");

    private MalformedDataException NoSuchRow(int index) => new(_section?.Name ?? "symbol table", index, $"symbol {index} of {_count}");

    // What nearly all files have, a hundred thousand times over.
    private static ElfSymbol Read(in StoredSymbol stored) =>
        new(stored.Name, KindOf(stored.Info), BindingOf(stored.Info), stored.Section, stored.Value, stored.Size);

    private ElfSymbol Read(ReadOnlySpan<byte> row)
    {
        ByteReader reader = new(row, _section.Name, _bigEndian);
        return _is64 ? Read64(ref reader) : Read32(ref reader);
    }

    private static ElfSymbol Read64(ref ByteReader reader)
    {
        uint name = reader.ReadU32();
        byte info = reader.ReadU8();
        reader.Skip(1);
        ushort section = reader.ReadU16();
        ulong value = reader.ReadU64();
        return new ElfSymbol(name, KindOf(info), BindingOf(info), section, value, reader.ReadU64());
    }

    private static ElfSymbol Read32(ref ByteReader reader)
    {
        uint name = reader.ReadU32();
        uint value = reader.ReadU32();
        uint size = reader.ReadU32();
        byte info = reader.ReadU8();
        reader.Skip(1);
        return new ElfSymbol(name, KindOf(info), BindingOf(info), reader.ReadU16(), value, size);
    }

    private static ElfSymbolKind KindOf(byte info) => (ElfSymbolKind)(info & 15);

    private static ElfSymbolBinding BindingOf(byte info) => (ElfSymbolBinding)(info >> 4);

    /// <summary><c>Elf64_Sym</c> (gABI, "Symbol Table").</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct StoredSymbol
    {
        public readonly uint Name;
        public readonly byte Info;
        public readonly byte Other;
        public readonly ushort Section;
        public readonly ulong Value;
        public readonly ulong Size;
    }
}
