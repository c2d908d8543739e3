using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Emleak.Elf;

/// <summary>
/// An ELF file, read in place: headers are decoded when it is opened, everything else when asked for.
/// Safe for concurrent readers. Specified in the System V gABI, chapters 4 and 5.
/// </summary>
public sealed unsafe class ElfImage : IDisposable
{
    private readonly IDisposable _owner;
    private readonly byte* _start;
    private readonly long _length;
    private readonly ElfLimits _limits;
    private readonly ConcurrentDictionary<int, NativeBytes> _expanded = new();
    private readonly Dictionary<int, ElfSection>? _relocations;
    private int _disposed;

    private ElfImage(IDisposable owner, byte* start, long length, FileIdentity identity, ElfLimits limits, bool layOut)
    {
        Identity = identity;
        _owner = owner;
        _start = start;
        _length = length;
        _limits = limits;

        ElfHeader header = ElfHeader.Read(Slice(0, (ulong)Math.Min(length, ElfHeader.MaxSize), "ELF header"));
        Is64Bit = header.Is64;
        IsBigEndian = header.IsBigEndian;
        Type = header.Type;
        Machine = header.Machine;
        EntryPoint = header.EntryPoint;
        Segments = ElfTables.ReadSegments(this, header, limits);
        Sections = ElfTables.ReadSections(this, header, limits);
        IsLaidOut = layOut && Type == ElfType.Relocatable;
        if (IsLaidOut) (Sections, _relocations) = (ElfLayout.Place(Sections), ElfRelocations.List(Sections));
    }

    /// <summary>The file that was opened; the default value for an image in memory.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Size of the file in bytes.</summary>
    public long Length => _length;

    /// <summary>True for a 64-bit file.</summary>
    public bool Is64Bit { get; }

    /// <summary>True when multi-byte values have their most significant byte first.</summary>
    public bool IsBigEndian { get; }

    /// <summary>What the file is.</summary>
    public ElfType Type { get; }

    /// <summary>The instruction set.</summary>
    public ElfMachine Machine { get; }

    /// <summary>Virtual address of the first instruction, as linked; 0 when there is none.</summary>
    public ulong EntryPoint { get; }

    /// <summary>
    /// True for a relocatable file whose sections were given addresses when it was opened: these are in <see cref="ElfSection.Address"/>
    /// and <see cref="ElfSymbol.Value"/>, and the debug sections are relocated to them.
    /// </summary>
    public bool IsLaidOut { get; }

    /// <summary>The sections in file order. Empty for a file that was stripped of its section headers.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>The program headers in file order.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>The build id, or an empty span when the file carries none.</summary>
    public ReadOnlySpan<byte> BuildId => ElfNotes.FindBuildId(this);

    /// <summary>The full symbol table (<c>.symtab</c>); empty when stripped.</summary>
    public ElfSymbolTable Symbols => ReadSymbols(ElfSectionType.SymbolTable);

    /// <summary>The symbols of the dynamic linker (<c>.dynsym</c>); empty in static executables.</summary>
    public ElfSymbolTable DynamicSymbols => ReadSymbols(ElfSectionType.DynamicSymbolTable);

    /// <summary>Maps a regular file and reads its headers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What to accept; <see cref="ElfLimits.Default"/> when null.</param>
    /// <param name="layOut">True to give the sections of a relocatable file addresses, as a linker would; other files have theirs.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ElfImage Open(string path, ElfLimits? limits = null, bool layOut = false)
    {
        MappedFile file = MappedFile.Open(path);
        return Create(file, file.Pointer, file.Length, file.Identity, limits, layOut);
    }

    /// <summary>Maps a regular file, and reads its headers, as a process sees it that has another root folder: no link leads out of that.</summary>
    /// <param name="root">The root folder, as seen from here.</param>
    /// <param name="path">The file, as the process sees it.</param>
    /// <param name="layOut">True to give the sections of a relocatable file addresses, as a linker would; other files have theirs.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ElfImage OpenIn(string root, string path, bool layOut = false)
    {
        MappedFile file = MappedFile.Open(root, path);
        return Create(file, file.Pointer, file.Length, file.Identity, limits: null, layOut);
    }

    /// <summary>Reads an ELF file that is in memory; the bytes are pinned until <see cref="Dispose"/>.</summary>
    /// <exception cref="MalformedDataException">Not a well-formed ELF file.</exception>
    public static ElfImage FromMemory(ReadOnlyMemory<byte> bytes, ElfLimits? limits = null, bool layOut = false)
    {
        MemoryHandle pin = bytes.Pin();
        return Create(pin, (byte*)pin.Pointer, bytes.Length, default, limits, layOut);
    }

    /// <summary>The first section with this name, or null.</summary>
    public ElfSection? FindSection(string name)
    {
        foreach (ElfSection section in Sections)
        {
            if (section.Name == name) return section;
        }

        return null;
    }

    /// <summary>
    /// The section's bytes: in place, or decompressed or relocated once and kept. Empty for a section that has no bytes in the file.
    /// </summary>
    /// <exception cref="MalformedDataException">The section lies outside the file, is over 2 GiB, does not decompress, or has corrupt relocations.</exception>
    public ReadOnlySpan<byte> GetData(ElfSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        if (section.Type is ElfSectionType.NoBits or ElfSectionType.Null) return default;
        ReadOnlySpan<byte> stored = Slice(section.FileOffset, section.Size, section.Name);
        bool isOldStyle = !section.IsCompressed && ElfCompression.IsOldStyle(stored, section.Name);
        ElfSection? relocations = _relocations?.GetValueOrDefault(section.Index);
        if (!section.IsCompressed && !isOldStyle && relocations is null) return stored;
        return _expanded.TryGetValue(section.Index, out NativeBytes? known) ? known.Span : Keep(section, Expand(section, stored, isOldStyle, relocations));
    }

    /// <summary>A cursor over the section's bytes, in the file's byte order.</summary>
    /// <exception cref="MalformedDataException">As for reading the data.</exception>
    public ByteReader GetReader(ElfSection section) => new(GetData(section), section.Name, IsBigEndian);

    /// <summary>Bytes at any place in the file, as stored.</summary>
    /// <param name="fileOffset">Where they start.</param>
    /// <param name="size">How many.</param>
    /// <exception cref="MalformedDataException">The range ends after the file or is over 2 GiB.</exception>
    public ReadOnlySpan<byte> GetBytes(ulong fileOffset, ulong size) => Slice(fileOffset, size, "file");

    /// <summary>The bytes of a program header, as stored.</summary>
    /// <exception cref="MalformedDataException">The segment lies outside the file or is over 2 GiB.</exception>
    public ReadOnlySpan<byte> GetData(scoped in ElfSegment segment) => Slice(segment.FileOffset, segment.FileSize, "segment");

    /// <summary>Translates a virtual address, as linked, into an offset in the file.</summary>
    /// <returns>False when no loaded segment has bytes for the address.</returns>
    public bool TryGetFileOffset(ulong address, out ulong fileOffset)
    {
        foreach (ElfSegment segment in Segments)
        {
            if (segment.IsLoad && address - segment.Address < segment.FileSize)
            {
                fileOffset = segment.FileOffset + (address - segment.Address);
                return true;
            }
        }

        fileOffset = 0;
        return false;
    }

    /// <summary>Translates an offset in the file into a virtual address, as linked.</summary>
    /// <returns>False when the offset belongs to no loaded segment.</returns>
    public bool TryGetAddress(ulong fileOffset, out ulong address)
    {
        foreach (ElfSegment segment in Segments)
        {
            if (segment.IsLoad && fileOffset - segment.FileOffset < segment.FileSize)
            {
                address = segment.Address + (fileOffset - segment.FileOffset);
                return true;
            }
        }

        address = 0;
        return false;
    }

    /// <summary>Releases the mapping or the pin. Spans that were handed out must not be used any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        foreach (NativeBytes bytes in _expanded.Values) bytes.Dispose();
        _owner.Dispose();
    }

    /// <summary>The symbol table in a section of a file that was laid out, without names.</summary>
    internal ElfSymbolTable ReadStoredSymbols(uint index)
    {
        if (index >= (uint)Sections.Count) throw new MalformedDataException("symbol table", 0, $"section {index} of {Sections.Count}");
        ElfSection section = Sections[(int)index];
        return new ElfSymbolTable(section, Slice(section.FileOffset, section.Size, section.Name), default, Is64Bit, IsBigEndian, 0, Sections);
    }

    internal ReadOnlySpan<byte> Slice(ulong offset, ulong size, string where)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (offset > (ulong)_length || size > (ulong)_length - offset)
        {
            throw new MalformedDataException(where, 0, $"file range 0x{offset:x}+0x{size:x} ends after the file (0x{_length:x} bytes)");
        }

        if (size > int.MaxValue) throw new MalformedDataException(where, 0, "larger than 2 GiB");
        return new ReadOnlySpan<byte>(_start + offset, (int)size);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The image owns the owner; a failed constructor releases it here.")]
    private static ElfImage Create(
        IDisposable owner, byte* start, long length, FileIdentity identity, ElfLimits? limits, bool layOut)
    {
        try
        {
            return new ElfImage(owner, start, length, identity, limits ?? ElfLimits.Default, layOut);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    private NativeBytes Expand(ElfSection section, ReadOnlySpan<byte> stored, bool isOldStyle, ElfSection? relocations)
    {
        NativeBytes data;
        if (isOldStyle) data = ElfCompression.DecompressOldStyle(stored, section.Name, _limits);
        else if (section.IsCompressed) data = ElfCompression.Decompress(stored, section.Name, Is64Bit, IsBigEndian, _limits);
        else stored.CopyTo((data = new NativeBytes(stored.Length)).Span);
        try
        {
            if (relocations is not null) ElfRelocations.Apply(this, data.Span, relocations);
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private ReadOnlySpan<byte> Keep(ElfSection section, NativeBytes data)
    {
        NativeBytes kept = _expanded.GetOrAdd(section.Index, data);

        // Another thread may have been faster.
        if (kept != data) data.Dispose();
        return kept.Span;
    }

    private ElfSymbolTable ReadSymbols(ElfSectionType type)
    {
        foreach (ElfSection section in Sections)
        {
            if (section.Type != type) continue;
            if (section.Link >= (uint)Sections.Count)
            {
                throw new MalformedDataException(section.Name, 0, $"string table index {section.Link} of {Sections.Count}");
            }

            ReadOnlySpan<byte> strings = GetData(Sections[(int)section.Link]);
            return new ElfSymbolTable(section, GetData(section), strings, Is64Bit, IsBigEndian, _limits.MaxSymbolNameBytes, IsLaidOut ? Sections : null);
        }

        return default;
    }
}
