namespace Emleak.BpfLoader.Tests.Fixtures;

/// <summary>One of the kernel's file systems (<c>bpf</c>, <c>tracefs</c>, <c>tmpfs</c>) mounted to a folder of the test's own. What is pinned in one of BPF lives as long as it is mounted.</summary>
internal sealed class FileSystemMount : IDisposable
{
    public FileSystemMount(string type)
    {
        Folder = Directory.CreateTempSubdirectory("emleak-mount-").FullName;
        try
        {
            Tools.Run("mount", $"-t {type} {type} {Folder}");
        }
        catch
        {
            Directory.Delete(Folder);
            throw;
        }
    }

    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Makes a folder in it.</summary>
    public string Create(string name) => Directory.CreateDirectory(PathOf(name)).FullName;

    public void Dispose()
    {
        Tools.Run("umount", Folder);
        Directory.Delete(Folder);
    }
}
