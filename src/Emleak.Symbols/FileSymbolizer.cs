using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Process;

namespace Emleak.Symbols;

/// <summary>Names the code of one file by its addresses as linked, as <c>addr2line</c> does. Safe for concurrent callers.</summary>
public sealed class FileSymbolizer : ISymbolizer
{
    private readonly ElfImage _image;
    private readonly DebugFile? _debugFile;
    private readonly ModuleSymbols _symbols;
    private readonly string _path;

    private FileSymbolizer(string path, ElfImage image, FileLocation location, DebuginfodClient? debuginfod)
    {
        DebugFile? debugFile = DebugFileSearch.Find(image, location);
        _path = path;
        _image = image;
        _debugFile = debugFile;
        _symbols = new ModuleSymbols(image, location, debugFile, debuginfod);
    }

    /// <summary>Path of the separate debug file; null when none was found.</summary>
    public string? DebugFilePath => _debugFile?.Path;

    /// <summary>Opens a program, a library or a debug file, and looks for its separate debug file.</summary>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileSymbolizer Open(string path) => Open(path, SymbolizerSettings.Default);

    /// <summary>Opens a program, a library or a debug file, and looks for its separate debug file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">Where else to look.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FileSymbolizer Open(string path, SymbolizerSettings settings)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(settings);
        FileLocation location = new(Path.GetFullPath(path), TargetFiles.Own(settings.Limits));
        ElfImage image = location.Open(layOut: true);
        try
        {
            return new FileSymbolizer(path, image, location, settings.Debuginfod);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Names addresses. Never fails because of what is in the file: that is a <see cref="Frame.Reason"/>.</summary>
    /// <param name="addresses">Addresses as linked; in a relocatable file, places in the first section with code that has them.</param>
    /// <param name="kind">What they stand for, all of them.</param>
    /// <param name="options">How much is wanted to be known.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    public Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind, SymbolizeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var frames = new Frame[addresses.Length];
        foreach (int i in AddressOrder.Of(addresses))
        {
            Frame frame = new() { Address = addresses[i], Kind = kind, Module = _path, ModuleAddress = addresses[i] };
            frames[i] = _image.IsLaidOut
                ? _symbols.Complete(frame with { ModuleAddress = Place(addresses[i] - frame.Back) + frame.Back }, options) with { ModuleAddress = addresses[i] }
                : _symbols.Complete(frame, options);
        }

        return frames;
    }

    /// <summary>
    /// The address that a place of a relocatable file was given. All its sections start at 0: the first one with code that is long enough is
    /// meant, as <c>llvm-symbolizer</c> has it.
    /// </summary>
    private ulong Place(ulong address) => _image.Sections.FirstOrDefault(section => section.IsAllocated && section.IsExecutable && address < section.Size) is { } section
        ? section.Address + address
        : address;

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _symbols.Dispose();
        _image.Dispose();
        _debugFile?.Image.Dispose();
    }
}
