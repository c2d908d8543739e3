using System.Text;
using Emleak.Elf;
using Emleak.Symbols.Debuginfo;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// The file with what the debug information of several files has in common: <c>.gnu_debugaltlink</c> as dwz makes it (GDB manual,
/// "Separate Debug Files"), or <c>.debug_sup</c> (DWARF 5, section 7.3.6).
/// </summary>
internal static class Supplement
{
    private const string GnuLink = ".gnu_debugaltlink";
    private const string Link = ".debug_sup";

    /// <summary>Opens the file that a debug file shares with others; null when it has none, or it is not there.</summary>
    /// <param name="image">The debug file.</param>
    /// <param name="location">Where that is.</param>
    /// <param name="problem">Why there is none although there should be.</param>
    /// <exception cref="MalformedDataException">What leads to it is corrupt.</exception>
    public static ElfImage? TryOpen(ElfImage image, FileLocation location, out string? problem)
    {
        problem = null;
        if (image.FindSection(GnuLink) is { } link)
        {
            ByteReader reader = image.GetReader(link);
            string name = Encoding.UTF8.GetString(reader.ReadCString());
            byte[] buildId = reader.ReadBytes(reader.Remaining).ToArray();
            DebugFile? found = location.TryOpen(name, Belongs);
            if (found is null && DebugFileSearch.PathOf(buildId) is { } path) found = location.TryOpen(path, Belongs);
            if (found is null) problem = NotFound(name);
            return found?.Image;

            bool Belongs(ElfImage file) => buildId.Length > 0 && file.BuildId.SequenceEqual(buildId);
        }

        if (ReadLink(image) is not { IsSupplement: false } own) return null;
        DebugFile? linked = location.TryOpen(own.Name, file => ReadLink(file) is { IsSupplement: true } other && other.Checksum.AsSpan().SequenceEqual(own.Checksum));
        if (linked is null) problem = NotFound(own.Name);
        return linked?.Image;
    }

    private static string NotFound(string name) => $"supplementary file {name} is not found";

    private static (bool IsSupplement, string Name, byte[] Checksum)? ReadLink(ElfImage image)
    {
        if (image.FindSection(Link) is not { } section) return null;
        ByteReader reader = image.GetReader(section);
        if (reader.ReadU16() != 5) return null;
        bool isSupplement = reader.ReadU8() != 0;
        string name = Encoding.UTF8.GetString(reader.ReadCString());
        ulong length = Math.Min(reader.ReadUleb128(), int.MaxValue);
        return (isSupplement, name, reader.ReadBytes((int)length).ToArray());
    }
}
