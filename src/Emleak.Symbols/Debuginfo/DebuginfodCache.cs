using System.Globalization;

namespace Emleak.Symbols.Debuginfo;

/// <summary>
/// The cache folder of debuginfod clients, in elfutils' layout: <c>BUILDID/debuginfo</c>. An empty file without permissions says that the
/// servers do not have it, for as many seconds as <c>cache_miss_s</c> says.
/// </summary>
internal sealed class DebuginfodCache(string folder)
{
    private const string FileName = "debuginfo";
    private const string DraftMark = ".emleak-";
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // The names of elfutils' settings, and what it sets when there is none.
    private static readonly (string Name, int Seconds) Miss = ("cache_miss_s", 600);
    private static readonly (string Name, int Seconds) CleanInterval = ("cache_clean_interval_s", 86400);
    private static readonly (string Name, int Seconds) MaxUnusedAge = ("max_unused_age_s", 604800);

    /// <summary>Where a debug file is, or would be.</summary>
    public string PathOf(string buildId) => Path.Combine(folder, buildId, FileName);

    /// <summary>Looks for a file.</summary>
    /// <returns>True when it is there, false when the servers do not have it, null when they should be asked.</returns>
    public bool? Find(string buildId)
    {
        FileInfo file = new(PathOf(buildId));
        if (!file.Exists) return null;
        if (file.Length > 0) return true;
        if (DateTime.UtcNow - file.LastWriteTimeUtc <= TimeSpan.FromSeconds(Setting(Miss))) return false;
        file.Delete();
        return null;
    }

    /// <summary>Makes the folder of a file and gives a name for the file while it is incomplete.</summary>
    public string Prepare(string buildId)
    {
        Directory.CreateDirectory(folder, ForOwner);
        Directory.CreateDirectory(Path.Combine(folder, buildId), ForOwner);
        foreach ((string name, int seconds) in ((string, int)[])[Miss, CleanInterval, MaxUnusedAge])
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path)) File.WriteAllText(path, seconds.ToString(CultureInfo.InvariantCulture));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{PathOf(buildId)}{DraftMark}{Guid.NewGuid():N}");
    }

    /// <summary>Opens a draft to be written, and locked (flock(2)) until it is closed, by whatever end.</summary>
    public static FileStream OpenDraft(string path) => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);

    /// <summary>Notes that the servers do not have a file.</summary>
    public void NoteMiss(string buildId)
    {
        string path = PathOf(buildId);
        using FileStream empty = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.None });
    }

    /// <summary>
    /// Removes the drafts of those who were killed, and once in a while what nobody has used for long, as every client of the cache does.
    /// </summary>
    public void Clean()
    {
        FileInfo interval = new(Path.Combine(folder, CleanInterval.Name));
        bool isDue = interval.Exists && DateTime.UtcNow - interval.LastWriteTimeUtc >= TimeSpan.FromSeconds(Setting(CleanInterval));
        if (isDue) interval.LastWriteTimeUtc = DateTime.UtcNow;
        TimeSpan age = TimeSpan.FromSeconds(Setting(MaxUnusedAge));
        foreach (DirectoryInfo entry in new DirectoryInfo(folder).EnumerateDirectories())
        {
            bool isBuildId = entry.Name.All(char.IsAsciiHexDigitLower);
            if (!isBuildId || entry.LinkTarget is not null) continue;
            foreach (FileInfo file in entry.EnumerateFiles())
            {
                bool isDraft = file.Name.StartsWith(FileName + DraftMark, StringComparison.Ordinal);
                if (isDraft ? !IsBeingWritten(file) : isDue && DateTime.UtcNow - file.LastAccessTimeUtc > age) file.Delete();
            }

            if (isDue && !entry.EnumerateFileSystemInfos().Any()) entry.Delete();
        }
    }

    // Who writes a draft has it locked.
    private static bool IsBeingWritten(FileInfo draft)
    {
        try
        {
            using FileStream file = new(draft.FullName, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private int Setting((string Name, int Seconds) setting)
    {
        string path = Path.Combine(folder, setting.Name);
        return File.Exists(path) && int.TryParse(File.ReadAllText(path), out int seconds) && seconds >= 0 ? seconds : setting.Seconds;
    }
}
