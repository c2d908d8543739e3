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
            ElfImage? image = null;
            try
            {
                image = ElfImage.Open(root + full);
                if (belongs(image)) return new DebugFile(new FileLocation(full, root), image);
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
