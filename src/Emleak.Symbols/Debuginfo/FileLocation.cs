using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Debuginfo;

/// <summary>Where a file is, so that others can be found that it names.</summary>
/// <param name="Path">Its absolute path, as the target sees it.</param>
/// <param name="Root">Where the target's root folder is seen from here; empty for the caller's own.</param>
internal sealed record FileLocation(string Path, string Root)
{
    // Longer than any path that the kernel takes.
    private const int MaxPath = 4096;

    /// <summary>The folder that the file is in.</summary>
    public string Folder => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    /// <summary>Opens the file.</summary>
    /// <param name="layOut">True to give the sections of a relocatable file addresses.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public ElfImage Open(bool layOut = false) => Root.Length == 0 ? ElfImage.Open(Path, layOut: layOut) : ElfImage.OpenIn(Root, Path, layOut);

    /// <summary>Opens a file that this one names: in the target's file system, then in the caller's.</summary>
    /// <param name="path">Absolute, or counted from this file's folder.</param>
    /// <param name="belongs">Tells whether the file is the one that is meant.</param>
    /// <returns>Null when there is no such regular ELF file.</returns>
    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller, or released when it is another file.")]
    public DebugFile? TryOpen(string path, Func<ElfImage, bool> belongs)
    {
        if (path.Length is 0 or > MaxPath || path.Contains('\0', StringComparison.Ordinal)) return null;

        // Not by the kernel: ".." would lead out of the target's root.
        string full = System.IO.Path.GetFullPath(path, Folder.StartsWith('/') ? Folder : "/");
        foreach (string root in Root.Length == 0 ? (string[])[""] : [Root, ""])
        {
            FileLocation place = new(full, root);
            ElfImage? image = null;
            try
            {
                image = place.Open();
                if (belongs(image)) return new DebugFile(place, image);
            }
            catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
            {
                // Not there, or something else: the next place may have it.
            }

            image?.Dispose();
        }

        return null;
    }
}
