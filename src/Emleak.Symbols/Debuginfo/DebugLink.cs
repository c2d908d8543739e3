using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>Content of <c>.gnu_debuglink</c> (GDB manual, "Separate Debug Files"): a file name and that file's checksum.</summary>
internal sealed record DebugLink(string FileName, uint Checksum)
{
    // NAME_MAX of every file system.
    private const int LongestName = 255;

    /// <summary>Reads the section; null when there is none.</summary>
    /// <exception cref="MalformedDataException">The section is corrupt.</exception>
    public static DebugLink? Read(ElfImage image)
    {
        if (image.FindSection(".gnu_debuglink") is not { } section) return null;
        ByteReader reader = image.GetReader(section);
        ReadOnlySpan<byte> stored = reader.ReadCString();
        if (stored.Length > LongestName) throw new MalformedDataException(section.Name, 0, $"a file name of {stored.Length} bytes");
        string name = Encoding.UTF8.GetString(stored);
        reader.Position = Math.Min((reader.Position + 3) & ~3, reader.Length);

        // The tool joins the name to folders, as root: it must not lead out of them.
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            throw new MalformedDataException(section.Name, 0, "does not hold a file name");
        }

        return new DebugLink(name, reader.ReadU32());
    }
}
