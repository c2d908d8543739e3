using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Emleak.Elf;

/// <summary>
/// An ELF file: headers are decoded when it is opened, sections are loaded when asked for, once. The file is read, not mapped: one that shrinks or changes
/// meanwhile is <see cref="MalformedDataException"/>, or goes unnoticed. Safe for concurrent readers. Specified in the System V gABI, chapters 4 and 5.
/// </summary>
public sealed class ElfImage : IDisposable
{
    // Real ones have some hundreds of bytes.
    private const ulong MaxNoteBytes = 1 << 20;

    // The types of the largest kernels, in one section, have some ten MiB.
    private const int MaxCopiedBytes = 1 << 26;

    private readonly ByteSource _source;
    private readonly ElfLimits _limits;
    private readonly Lock _loading = new();
    private readonly NativeBytes?[] _sections;
    private readonly ConcurrentDictionary<(ulong Offset, ulong Size), NativeBytes> _segments = new();
    private readonly Dictionary<int, ElfSection>? _relocations;
    private byte[]? _buildId;
    private bool _disposed;

    private ElfImage(ByteSource source, ElfLimits limits, MemoryBudget? all, bool layOut)
    {
        _source = source;
        _limits = limits;
        Budget = MemoryBudget.ForFile(limits, all);

        ElfHeader header = ElfHeader.Read(Copy(0, (ulong)Math.Min(Length, ElfHeader.MaxSize), "ELF header"));
        Is64Bit = header.Is64;
        IsBigEndian = header.IsBigEndian;
        Type = header.Type;
        Machine = header.Machine;
        EntryPoint = header.EntryPoint;
        Segments = ElfTables.ReadSegments(this, header, limits);
        Sections = ElfTables.ReadSections(this, header, limits);
        _sections = new NativeBytes?[Sections.Count];
        IsLaidOut = layOut && Type == ElfType.Relocatable;
        if (IsLaidOut) (Sections, _relocations) = (ElfLayout.Place(Sections), ElfRelocations.List(Sections));
    }

    /// <summary>The file that was opened; the default value for an image in memory.</summary>
    public FileIdentity Identity => _source.Identity;

    /// <summary>Size of the file in bytes.</summary>
    public long Length => _source.Length;

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
    /// <exception cref="MalformedDataException">A note is corrupt.</exception>
    public ReadOnlySpan<byte> BuildId => _buildId ??= ElfNotes.FindBuildId(this).ToArray();

    /// <summary>The full symbol table (<c>.symtab</c>); empty when stripped.</summary>
    public ElfSymbolTable Symbols => ReadSymbols(ElfSectionType.SymbolTable);

    /// <summary>The symbols of the dynamic linker (<c>.dynsym</c>); empty in static executables.</summary>
    public ElfSymbolTable DynamicSymbols => Sections.Count > 0
        ? ReadSymbols(ElfSectionType.DynamicSymbolTable)
        : ElfDynamicSection.ReadSymbols(this, _limits.MaxNameBytes);

    /// <summary>What pays for the memory that the file takes.</summary>
    internal MemoryBudget Budget { get; }

    /// <summary>What is accepted.</summary>
    internal ElfLimits Limits => _limits;

    /// <summary>Opens a regular file and reads its headers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What to accept; <see cref="ElfLimits.Default"/> when null.</param>
    /// <param name="layOut">True to give the sections of a relocatable file addresses, as a linker would; other files have theirs.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ElfImage Open(string path, ElfLimits? limits = null, bool layOut = false) => OpenIn(RootFolder.Own, path, null, limits, layOut);

    /// <summary>Opens a regular file, and reads its headers, as a process sees it: no link leads out of that one's root folder.</summary>
    /// <param name="root">The root folder.</param>
    /// <param name="path">The file, as the process sees it.</param>
    /// <param name="all">The budget of all files of the process; null when this one is read alone.</param>
    /// <param name="limits">What to accept; <see cref="ElfLimits.Default"/> when null.</param>
    /// <param name="layOut">True to give the sections of a relocatable file addresses, as a linker would; other files have theirs.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    internal static ElfImage OpenIn(RootFolder root, string path, MemoryBudget? all = null, ElfLimits? limits = null, bool layOut = false) =>
        Create(FileBytes.Open(root, path), limits, all, layOut);

    /// <summary>Reads an ELF file that is in memory; the bytes are pinned until <see cref="Dispose"/>.</summary>
    /// <exception cref="MalformedDataException">Not a well-formed ELF file.</exception>
    public static ElfImage FromMemory(ReadOnlyMemory<byte> bytes, ElfLimits? limits = null, bool layOut = false) => FromMemory(bytes, null, limits, layOut);

    /// <summary>Reads an ELF file that is in memory.</summary>
    /// <param name="bytes">The file; pinned until <see cref="Dispose"/>.</param>
    /// <param name="all">The budget of all files of the process; null when this one is read alone.</param>
    /// <param name="limits">What to accept; <see cref="ElfLimits.Default"/> when null.</param>
    /// <param name="layOut">True to give the sections of a relocatable file addresses.</param>
    /// <exception cref="MalformedDataException">Not a well-formed ELF file.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The image owns it; a failed constructor releases it.")]
    internal static ElfImage FromMemory(ReadOnlyMemory<byte> bytes, MemoryBudget? all, ElfLimits? limits = null, bool layOut = false) =>
        Create(new MemoryBytes(bytes), limits, all, layOut);

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
    /// The section's bytes, decompressed and relocated: loaded once and kept; in place for an image in memory. Empty for a section that has no bytes in the file.
    /// </summary>
    /// <exception cref="MalformedDataException">
    /// The section lies outside the file, is over 2 GiB or more than the limits allow, does not decompress, or has corrupt relocations.
    /// </exception>
    public ReadOnlySpan<byte> GetData(ElfSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        if (section.Type is ElfSectionType.NoBits or ElfSectionType.Null) return default;
        if (Volatile.Read(ref _sections[section.Index]) is { } known) return known.Span;
        if (IsAsStored(section) && _source.TryGetInPlace(section.FileOffset, _source.Check(section.FileOffset, section.Size, section.Name), out ReadOnlySpan<byte> stored)) return stored;
        lock (_loading)
        {
            return (_sections[section.Index] ??= Load(section)).Span;
        }
    }

    /// <summary>A cursor over the section's bytes, in the file's byte order.</summary>
    /// <exception cref="MalformedDataException">As for reading the data.</exception>
    public ByteReader GetReader(ElfSection section) => new(GetData(section), section.Name, IsBigEndian);

    /// <summary>A few bytes at any place in the file, as stored: a copy, or in place for an image in memory.</summary>
    /// <param name="fileOffset">Where they start.</param>
    /// <param name="size">How many.</param>
    /// <exception cref="MalformedDataException">The range ends after the file or is over 64 MiB.</exception>
    public ReadOnlySpan<byte> GetBytes(ulong fileOffset, ulong size) => Copy(fileOffset, size, "file");

    /// <summary>The bytes of a program header, as stored: loaded once and kept; in place for an image in memory.</summary>
    /// <exception cref="MalformedDataException">The segment lies outside the file, or is over 2 GiB or more than the limits allow.</exception>
    public ReadOnlySpan<byte> GetData(scoped in ElfSegment segment)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        (ulong Offset, ulong Size) range = (segment.FileOffset, segment.FileSize);
        if (_segments.TryGetValue(range, out NativeBytes? known)) return known.Span;
        int size = _source.Check(range.Offset, range.Size, "segment");
        if (_source.TryGetInPlace(range.Offset, size, out ReadOnlySpan<byte> stored)) return stored;
        lock (_loading)
        {
            return _segments.GetOrAdd(range, static (range, image) => image.LoadStored(range.Offset, range.Size, "segment"), this).Span;
        }
    }

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

    /// <summary>Closes the file and releases what was loaded. Spans that were handed out must not be used any more.</summary>
    public void Dispose()
    {
        lock (_loading)
        {
            if (_disposed) return;
            Volatile.Write(ref _disposed, true);
            foreach (NativeBytes? bytes in _sections) bytes?.Dispose();
            foreach (NativeBytes bytes in _segments.Values) bytes.Dispose();
            _source.Dispose();
        }
    }

    /// <summary>Reads bytes as stored into memory of the caller's.</summary>
    /// <exception cref="MalformedDataException">They end after the file.</exception>
    internal void Read(ulong offset, Span<byte> destination, string where)
    {
        _source.Check(offset, (ulong)destination.Length, where);
        _source.Read(offset, destination, where);
    }

    /// <summary>Bytes as stored: in place, or a copy on the collector's heap.</summary>
    /// <exception cref="MalformedDataException">They end after the file, or are too many.</exception>
    internal ReadOnlySpan<byte> Copy(ulong offset, ulong size, string where)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        int count = _source.Check(offset, size, where);
        if (_source.TryGetInPlace(offset, count, out ReadOnlySpan<byte> stored)) return stored;
        if (count > MaxCopiedBytes) throw new MalformedDataException(where, 0, $"limit reached: {count} bytes, at most {MaxCopiedBytes} are taken");
        byte[] bytes = GC.AllocateUninitializedArray<byte>(count);
        _source.Read(offset, bytes, where);
        return bytes;
    }

    /// <summary>A section's bytes as stored, for as long as the result lives.</summary>
    /// <exception cref="MalformedDataException">They end after the file, or are too many.</exception>
    internal StoredBytes ReadStored(ElfSection section)
    {
        int size = _source.Check(section.FileOffset, section.Size, section.Name);
        if (_source.TryGetInPlace(section.FileOffset, size, out ReadOnlySpan<byte> stored)) return new StoredBytes(stored, null);
        NativeBytes loaded = LoadStored(section.FileOffset, section.Size, section.Name);
        return new StoredBytes(loaded.Span, loaded);
    }

    /// <summary>True for a note section or segment that is not too large to be one.</summary>
    internal static bool IsNoteSize(ulong size) => size <= MaxNoteBytes;

    private static ElfImage Create(ByteSource source, ElfLimits? limits, MemoryBudget? all, bool layOut)
    {
        try
        {
            return new ElfImage(source, limits ?? ElfLimits.Default, all, layOut);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private bool IsAsStored(ElfSection section) =>
        !section.IsCompressed && !ElfCompression.IsOldStyle(section.Name) && (_relocations is null || !_relocations.ContainsKey(section.Index));

    private NativeBytes LoadStored(ulong offset, ulong size, string where)
    {
        NativeBytes bytes = new(_source.Check(offset, size, where), Budget, where);
        try
        {
            _source.Read(offset, bytes.Span, where);
            return bytes;
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    private NativeBytes Load(ElfSection section)
    {
        NativeBytes data = section.IsCompressed || ElfCompression.IsOldStyle(section.Name)
            ? Expand(section)
            : LoadStored(section.FileOffset, section.Size, section.Name);
        try
        {
            if (_relocations?.GetValueOrDefault(section.Index) is { } relocations) ElfRelocations.Apply(this, data.Span, relocations);
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private NativeBytes Expand(ElfSection section)
    {
        using StoredBytes stored = ReadStored(section);
        return ElfCompression.Expand(section, stored.Span, this);
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
            return new ElfSymbolTable(section, GetData(section), strings, Is64Bit, IsBigEndian, _limits.MaxNameBytes, IsLaidOut ? Sections : null);
        }

        return default;
    }
}
