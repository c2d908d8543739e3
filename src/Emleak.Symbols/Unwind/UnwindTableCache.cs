using System.Collections.Concurrent;
using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>The tables of files, each read once: files are the same when their build ids are. Safe for concurrent callers.</summary>
public sealed class UnwindTableCache
{
    private readonly ConcurrentDictionary<string, Lazy<UnwindTable>> _tables = new(StringComparer.Ordinal);

    /// <summary>The tables of a file.</summary>
    /// <param name="image">The file; read only when it is not known.</param>
    /// <param name="debugFile">Its separate debug file, or null.</param>
    public UnwindTable Get(ElfImage image, ElfImage? debugFile = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ReadOnlySpan<byte> buildId = image.BuildId;
        if (buildId.IsEmpty) return UnwindTable.Read(image, debugFile);
        string key = Convert.ToHexString(buildId) + (debugFile is null ? "" : "+");
        return _tables.GetOrAdd(key, _ => new(() => UnwindTable.Read(image, debugFile))).Value;
    }
}
