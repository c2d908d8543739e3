using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Debuginfo;

/// <summary>Where a file is, so that others can be found that it names.</summary>
/// <param name="Path">Its absolute path, as the target sees it.</param>
/// <param name="Files">How files are opened that are read together with it.</param>
internal sealed record FileLocation(string Path, TargetFiles Files)
{
    /// <summary>Its path, as seen from here.</summary>
    public string FullPath => Files.Root.Name + Path;

    /// <summary>The folder that the file is in.</summary>
    public string Folder => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    /// <summary>Opens the file.</summary>
    /// <param name="layOut">True to give the sections of a relocatable file addresses.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public ElfImage Open(bool layOut = false) => Files.Open(Path, layOut);

    /// <summary>Opens a file that this one names: in the target's root folder and nowhere else, for the name is the target's.</summary>
    /// <param name="path">Absolute, or counted from this file's folder.</param>
    /// <param name="belongs">Tells whether the file is the one that is meant.</param>
    /// <returns>Null when there is no such regular ELF file.</returns>
    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller, or released when it is another file.")]
    public DebugFile? TryOpen(string path, Func<ElfImage, bool> belongs)
    {
        if (path.Length == 0) return null;
        FileLocation place = this with { Path = path.StartsWith('/') ? path : $"{Folder}/{path}" };
        ElfImage? image = null;
        try
        {
            image = place.Open();
            if (belongs(image)) return new DebugFile(place, image);
        }
        catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
        {
            // Not there, or something else.
        }

        image?.Dispose();
        return null;
    }
}
