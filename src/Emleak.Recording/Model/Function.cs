namespace Emleak.Recordings.Model;

/// <summary>A function of the target's code. Names are a stranger's: reports clean them.</summary>
/// <param name="Name">Its name as stored (mangled).</param>
/// <param name="FullName">As in the source, with parameters; null when that is the same.</param>
/// <param name="ShortName">As in the source, without them; null when that is the same as <paramref name="Name"/>.</param>
public sealed record Function(string Name, string? FullName = null, string? ShortName = null)
{
    /// <summary>The name in a style.</summary>
    public string NameIn(NameStyle style) => style switch
    {
        NameStyle.Mangled => Name,
        NameStyle.Short => ShortName ?? Name,
        _ => FullName ?? Name,
    };
}
