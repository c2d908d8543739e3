using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Probes;

/// <summary>The files that the user restricts the search to (<c>--object</c>): by the path that the target sees, by a path here, or by the bare file name.</summary>
internal sealed class ObjectFilter
{
    private readonly List<(string Text, FileIdentity? Identity)> _wanted = [];
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);

    public ObjectFilter(IEnumerable<string> objects)
    {
        foreach (string text in objects) _wanted.Add((text, IdentityOf(text)));
    }

    /// <summary>What no module was until now.</summary>
    public IEnumerable<string> Missing => _wanted.Select(wanted => wanted.Text).Where(text => !_found.Contains(text));

    /// <summary>True for a module that counts.</summary>
    public bool Takes(ProcessModule module)
    {
        if (_wanted.Count == 0) return true;
        bool takes = false;
        foreach ((string text, FileIdentity? identity) in _wanted)
        {
            if (module.Path != text && Path.GetFileName(module.Path) != text && (identity is null || module.Identity != identity)) continue;
            _found.Add(text);
            takes = true;
        }

        return takes;
    }

    private static FileIdentity? IdentityOf(string path)
    {
        try
        {
            if (!path.Contains('/', StringComparison.Ordinal)) return null;
            using ElfImage image = ElfImage.Open(path);
            return image.Identity;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or MalformedDataException)
        {
            // It may be there for the target alone.
            return null;
        }
    }
}
