namespace Emleak.BpfLoader.Tests.Fixtures;

/// <summary>One of the kernel's file systems (<c>bpf</c>, <c>tracefs</c>) mounted to a folder of its own, for as long as this lives.</summary>
internal sealed class FileSystemMount : IDisposable
{
    public FileSystemMount(string type)
    {
        Folder = Directory.CreateTempSubdirectory("emleak-mount-").FullName;
        Tools.Run("mount", $"-t {type} {type} {Folder}");
    }

    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Dispose()
    {
        Tools.Run("umount", Folder);
        Directory.Delete(Folder);
    }
}
