using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>A separate debug file that belongs to a module.</summary>
internal sealed record DebugFile(FileLocation Location, ElfImage Image)
{
    /// <summary>Its path, as seen from here.</summary>
    public string Path => Location.FullPath;
}
