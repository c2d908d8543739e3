using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.BpfLoader.Links;

/// <summary>The functions of an executable or library, by name.</summary>
internal sealed class FileFunctions
{
    private readonly Dictionary<string, List<Place>> _places = new(StringComparer.Ordinal);

    private FileFunctions(string path) => Path = path;

    /// <summary>The file, with the folder that it was found in.</summary>
    public string Path { get; }

    /// <summary>Reads a file's symbol tables.</summary>
    /// <exception cref="BpfException">There is no such file, or it is damaged.</exception>
    public static FileFunctions Open(string path)
    {
        FileFunctions functions = new(Resolve(path));
        try
        {
            // Not mapped: to read a mapped file that somebody cuts short ends the process.
            using ElfImage image = ElfImage.FromMemory(File.ReadAllBytes(functions.Path));
            functions.Add(image, image.Symbols);
            functions.Add(image, image.DynamicSymbols);
            return functions;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedDataException)
        {
            throw new BpfException($"cannot find functions in {functions.Path}: {SystemError.Describe(e)}", e);
        }
    }

    /// <summary>Where a function is in the file. A name without its version stands for every version of it.</summary>
    /// <exception cref="BpfException">It is not there, or in several places.</exception>
    public ulong OffsetOf(string function)
    {
        if (!_places.TryGetValue(function, out List<Place>? places)) throw new BpfException($"{Path} has no function '{function}'");
        ulong[] offsets = [.. places.Where(place => place.IsGlobal == places.Exists(static one => one.IsGlobal)).Select(static place => place.Offset).Distinct()];
        return offsets.Length == 1 ? offsets[0] : throw new BpfException($"{Path} has {offsets.Length} functions '{function}'");
    }

    /// <summary>Where the functions are whose names match a pattern, ascending.</summary>
    /// <exception cref="BpfException">There are none.</exception>
    public UprobeSite[] Matching(string pattern)
    {
        UprobeSite[] sites = [.. _places.Where(one => FileSystemName.MatchesSimpleExpression(pattern, one.Key, ignoreCase: false))
            .SelectMany(static one => one.Value).Select(static place => place.Offset).Distinct().Order().Select(static offset => new UprobeSite(offset))];
        return sites.Length > 0 ? sites : throw new BpfException($"{Path} has no function like '{pattern}'");
    }

    private void Add(ElfImage image, ElfSymbolTable table)
    {
        for (int i = 0; i < table.Count; i++)
        {
            ElfSymbol symbol = table[i];
            if (symbol.Kind != ElfSymbolKind.Function || symbol.SectionIndex == 0) continue;
            if (!image.TryGetFileOffset(symbol.Value, out ulong offset)) continue;
            string name = table.GetNameString(symbol);
            int version = name.IndexOf('@', StringComparison.Ordinal);
            if (version > 0) name = name[..version];
            if (!_places.TryGetValue(name, out List<Place>? places)) _places[name] = places = [];
            places.Add(new Place(offset, symbol.Binding != ElfSymbolBinding.Local));
        }
    }

    /// <summary>A name without a folder is looked for where the system has libraries, or programs.</summary>
    /// <exception cref="BpfException">There is none.</exception>
    internal static string Resolve(string path)
    {
        if (path.Contains('/', StringComparison.Ordinal)) return path;
        bool isLibrary = path.EndsWith(".so", StringComparison.Ordinal) || path.Contains(".so.", StringComparison.Ordinal);
        string machine = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
        string[] usual = isLibrary ? ["/usr/lib64", $"/usr/lib/{machine}", "/usr/lib", $"/lib/{machine}", "/lib64", "/lib"] : ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
        string chosen = Environment.GetEnvironmentVariable(isLibrary ? "LD_LIBRARY_PATH" : "PATH") ?? "";
        return chosen.Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(usual).Select(folder => System.IO.Path.Combine(folder, path)).FirstOrDefault(File.Exists)
            ?? throw new BpfException($"there is no {(isLibrary ? "library" : "program")} '{path}' where the system has them");
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(ulong Offset, bool IsGlobal);
}
