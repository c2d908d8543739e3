using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Dwarf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols;

/// <summary>What a module's file and its debug file tell. Tables are read when first needed. Safe for concurrent callers. Owns no file but the one in <c>.gnu_debugdata</c> and those that debug information leads to.</summary>
internal sealed class ModuleTables : IDisposable
{
    private readonly ElfImage _image;
    private readonly DebugFile? _debugFile;
    private readonly FileLocation? _location;
    private readonly Lazy<ElfImage?> _miniDebug;
    private readonly Lazy<List<SymbolSource>> _sources;
    private readonly Lazy<SymbolIndex> _index;
    private readonly Lazy<(DebugInformation? Found, string? Problem)> _information;

    public ModuleTables(ElfImage image, FileLocation? location, DebugFile? debugFile)
    {
        _image = image;
        _debugFile = debugFile;
        _location = location;
        _miniDebug = new(() => MiniDebugData.TryOpen(image));
        _sources = new(ListSources);
        _index = new(() => SymbolIndex.Build(Sources));
        _information = new(ReadInformation);
    }

    /// <summary>The symbol tables.</summary>
    public List<SymbolSource> Sources => _sources.Value;

    /// <summary>Function by address.</summary>
    public SymbolIndex Index => _index.Value;

    /// <summary>Source by address; null when the files do not tell, for the reason beside it.</summary>
    public (DebugInformation? Found, string? Problem) Information => _information.Value;

    /// <summary>True when there is debug information, sound or not.</summary>
    public bool HasInformation => DwarfSections.Exist(_image) || (_debugFile is not null && DwarfSections.Exist(_debugFile.Image));

    public void Dispose()
    {
        if (_miniDebug.IsValueCreated) _miniDebug.Value?.Dispose();
        if (_information.IsValueCreated) _information.Value.Found?.Dispose();
    }

    private List<SymbolSource> ListSources()
    {
        List<SymbolSource> sources = [new(_image, SymbolTableKind.Full), new(_image, SymbolTableKind.Dynamic)];
        if (_debugFile is not null) sources.Add(new SymbolSource(_debugFile.Image, SymbolTableKind.DebugFile));
        else if (!HasFullTable(_image) && _miniDebug.Value is { } small) sources.Add(new SymbolSource(small, SymbolTableKind.MiniDebug));
        return sources;
    }

    private static bool HasFullTable(ElfImage image) => image.Sections.Any(section => section.Type == ElfSectionType.SymbolTable);

    private (DebugInformation? Found, string? Problem) ReadInformation()
    {
        bool isOwn = DwarfSections.Exist(_image);
        ElfImage? file = isOwn ? _image : _debugFile?.Image;
        FileLocation?[] locations = [isOwn ? null : _debugFile?.Location, _location];
        try
        {
            return file is not null && DwarfSections.Exist(file) ? (new DebugInformation(file, [.. locations.OfType<FileLocation>()]), null) : (null, null);
        }
        catch (MalformedDataException problem)
        {
            return (null, problem.Message);
        }
    }
}
