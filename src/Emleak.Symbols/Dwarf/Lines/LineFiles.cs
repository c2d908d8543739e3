using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>The files and folders of a line program; paths are made when first asked for.</summary>
internal sealed class LineFiles
{
    private readonly Unit _unit;
    private readonly ushort _version;
    private readonly LineFile[] _folders;
    private readonly LineFile[] _files;
    private readonly string?[] _paths;

    public LineFiles(Unit unit, ushort version, LineFile[] folders, LineFile[] files)
    {
        _unit = unit;
        _version = version;
        _folders = folders;
        _files = files;
        _paths = new string?[files.Length];
    }

    /// <summary>Bytes in memory, roughly.</summary>
    public long Size => (_files.Length * 32L) + (_folders.Length * 24L);

    /// <summary>The path of a file, absolute unless the compiler gave only relative ones; null when there is no such file.</summary>
    /// <param name="index">As in the program: from 0 in version 5, from 1 before.</param>
    /// <exception cref="MalformedDataException">A name lies outside its section.</exception>
    public string? GetPath(ulong index)
    {
        ulong position = _version >= 5 ? index : unchecked(index - 1);
        if (position >= (ulong)_files.Length) return null;
        return _paths[position] ??= MakePath(_files[position]);
    }

    private string? MakePath(LineFile file)
    {
        if (GetString(file.Name) is not { } name) return null;
        if (IsAbsolute(name)) return name;

        // Folder 0 is the folder of the compilation: in version 5 it is listed, before it is implied.
        ulong position = _version >= 5 ? file.Folder : unchecked(file.Folder - 1);
        string folder = position < (ulong)_folders.Length ? GetString(_folders[position].Name) ?? "" : "";
        bool isComplete = IsAbsolute(folder) || (_version >= 5 && file.Folder == 0);
        string start = isComplete ? "" : _unit.GetString(_unit.Root.CompilationFolder) ?? "";
        string path = Join(Join(start, folder), name);
        return path.Length <= _unit.Sections.Limits.MaxNameBytes ? path : path[.._unit.Sections.Limits.MaxNameBytes];
    }

    private string? GetString(AttributeValue value) => value.Form == DwarfForm.String
        ? _unit.ReadString(_unit.Sections.Lines, ".debug_line", value.Raw)
        : _unit.GetString(value);

    // Code that was compiled on Windows keeps its folders there: a NativeAOT program's packages.
    private static bool IsAbsolute(string path) =>
        path.StartsWith('/') || (path.Length > 2 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] is ('\\' or '/'));

    private static string Join(string folder, string name)
    {
        if (folder.Length == 0 || name.Length == 0) return folder + name;
        return folder.EndsWith('/') ? folder + name : $"{folder}/{name}";
    }
}
