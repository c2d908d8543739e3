namespace Emleak.Recordings.Format;

/// <summary>Where a growing recording's file is. Each new file is made beside the one that is there, and takes its place when it is whole.</summary>
public interface IRecordingPlace
{
    /// <summary>Makes an empty draft, in place of one that is left. Its stream can seek, and holds nothing back.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    Stream CreateDraft();

    /// <summary>Puts the draft in place of the file. The draft's stream stays usable.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    void Publish();

    /// <summary>Removes the draft.</summary>
    void RemoveDraft();
}

/// <summary>A place that is found by its path: for folders that nobody else can write in.</summary>
/// <param name="path">The file's path.</param>
public sealed class RecordingPath(string path) : IRecordingPlace
{
    private readonly string _draft = path + ".tmp";

    /// <inheritdoc/>
    public Stream CreateDraft()
    {
        File.Delete(_draft);
        return new FileStream(_draft, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    /// <inheritdoc/>
    public void Publish() => File.Move(_draft, path, overwrite: true);

    /// <inheritdoc/>
    public void RemoveDraft() => File.Delete(_draft);
}
