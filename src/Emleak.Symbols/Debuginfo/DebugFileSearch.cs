using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Debuginfo;

/// <summary>
/// Finds the separate debug file of a module: by build id, in the target's root folder and then in the caller's; by <c>.gnu_debuglink</c>, in the target's
/// alone, because the name and the folder are the target's.
/// </summary>
internal static class DebugFileSearch
{
    private const string GlobalFolder = "/usr/lib/debug";

    // A build id of one byte has no file name of its own.
    private const int MinBuildIdBytes = 2;
    private const int MaxBuildIdBytes = 64;

    /// <summary>The debug file, or null. Files that turn out not to belong to the module are passed over.</summary>
    /// <param name="image">The module's file.</param>
    /// <param name="location">Where it is.</param>
    /// <exception cref="MalformedDataException">The module's own notes are corrupt.</exception>
    public static DebugFile? Find(ElfImage image, FileLocation location)
    {
        foreach (FileLocation candidate in ByBuildId(image, location.Files))
        {
            if (TryOpen(image, link: null, candidate) is { } found) return found;
        }

        return ReadLink(image) is { } link ? FindByLink(image, link, location) : null;
    }

    /// <summary>The debug file that a server has for a module, or null.</summary>
    /// <param name="image">The module's file.</param>
    /// <param name="files">How the module's files are opened.</param>
    /// <param name="debuginfod">The server.</param>
    public static DebugFile? Fetch(ElfImage image, TargetFiles files, DebuginfodClient debuginfod) =>
        debuginfod.Find(image.BuildId) is { } path ? TryOpen(image, link: null, new FileLocation(path, files.InOwnRoot)) : null;

    /// <summary>True for a build id that names a file.</summary>
    public static bool IsUsable(ReadOnlySpan<byte> buildId) => buildId.Length is >= MinBuildIdBytes and <= MaxBuildIdBytes;

    /// <summary>Where the debug file with a build id is, as its owner sees it; null when the id names none.</summary>
    public static string? PathOf(ReadOnlySpan<byte> buildId)
    {
        if (!IsUsable(buildId)) return null;
        string hex = Convert.ToHexStringLower(buildId);
        return $"{GlobalFolder}/.build-id/{hex[..2]}/{hex[2..]}.debug";
    }

    private static IEnumerable<FileLocation> ByBuildId(ElfImage image, TargetFiles files)
    {
        if (PathOf(image.BuildId) is not { } path) yield break;
        yield return new FileLocation(path, files);

        // The path is made of hexadecimal digits: it leads to what root has put there.
        if (files.Root != RootFolder.Own) yield return new FileLocation(path, files.InOwnRoot);
    }

    private static DebugFile? FindByLink(ElfImage image, DebugLink link, FileLocation location)
    {
        if (!location.Path.StartsWith('/')) return null;
        string folder = location.Folder;
        foreach (string candidate in (string[])[$"{folder}/{link.FileName}", $"{folder}/.debug/{link.FileName}", $"{GlobalFolder}{folder}/{link.FileName}"])
        {
            if (TryOpen(image, link, location with { Path = candidate }) is { } found) return found;
        }

        return null;
    }

    private static DebugLink? ReadLink(ElfImage image)
    {
        try
        {
            return DebugLink.Read(image);
        }
        catch (MalformedDataException)
        {
            // A module whose link is corrupt is as good as one without.
            return null;
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Given to the caller, or released when it does not belong to the module.")]
    private static DebugFile? TryOpen(ElfImage image, DebugLink? link, FileLocation place)
    {
        ElfImage? candidate = null;
        try
        {
            candidate = place.Open(layOut: true);
            if (Belongs(candidate, image, link)) return new DebugFile(place, candidate);
        }
        catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
        {
            // Not there, or not a debug file: the next place may have it.
        }

        candidate?.Dispose();
        return null;
    }

    /// <summary>
    /// The build id decides when the module has one: it survives what changes the file's checksum (dwz, compression of
    /// sections). Only without a build id the checksum of the link does.
    /// </summary>
    private static bool Belongs(ElfImage candidate, ElfImage image, DebugLink? link)
    {
        // A module may link to a file of its own name in its own folder: itself.
        if (candidate.Identity == image.Identity || candidate.Machine != image.Machine || candidate.Is64Bit != image.Is64Bit) return false;
        if (!image.BuildId.IsEmpty) return candidate.BuildId.SequenceEqual(image.BuildId);
        return link is not null && Crc32.Compute(candidate) == link.Checksum;
    }
}
