namespace Emleak.BpfLoader.Tests.Fixtures;

/// <summary>The files that the tests are made from.</summary>
internal static class Repository
{
    /// <summary>A file or folder of the repository.</summary>
    public static string PathOf(params string[] parts)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Emleak.sln"))) folder = folder.Parent;
        return folder is null ? throw new DirectoryNotFoundException("the sources are not above the tests") : Path.Combine([folder.FullName, .. parts]);
    }
}
