using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>A BPF file system of the test's own. What is pinned in it lives as long as it is mounted.</summary>
internal sealed class BpfFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("emleak-bpffs-").FullName;

    public BpfFolder()
    {
        try
        {
            Tools.Run("mount", $"-t bpf bpf {_root}");
        }
        catch
        {
            Directory.Delete(_root);
            throw;
        }
    }

    /// <summary>Makes a folder in it.</summary>
    public string Create(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    public void Dispose()
    {
        Tools.Run("umount", _root);
        Directory.Delete(_root);
    }
}
