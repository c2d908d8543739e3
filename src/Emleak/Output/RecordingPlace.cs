using Emleak.Elf;
using Emleak.Recordings.Format;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Output;

/// <summary>A trace's recording in its folder. What else may have the name by then, a link or somebody else's file, stays what it is.</summary>
/// <param name="folder">The folder.</param>
/// <param name="name">The file's name.</param>
internal sealed class RecordingPlace(HeldFolder folder, string name) : IRecordingPlace
{
    private readonly string _draft = name + OutputFolder.DraftEnding;
    private FileIdentity? _drafted;
    private FileIdentity? _published;

    public Stream CreateDraft()
    {
        SafeFileHandle file = folder.CreateFile(_draft);
        _drafted = FileStatus.Of(file, _draft).Identity;
        return new FileStream(file, FileAccess.Write, bufferSize: 0);
    }

    public void Publish()
    {
        if (folder.IdentityOf(name) is FileIdentity there && there != _published) throw OutputFolder.NameIsTaken();
        folder.Rename(_draft, name);
        (_published, _drafted) = (_drafted, null);
    }

    public void RemoveDraft()
    {
        if (_drafted is not null && folder.IdentityOf(_draft) == _drafted) folder.RemoveFile(_draft);
        _drafted = null;
    }
}
