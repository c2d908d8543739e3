using System.Diagnostics;

namespace Emleak.Tests.Support;

/// <summary>A file system of a test's own, small enough to be filled.</summary>
internal sealed class FullDisk : IDisposable
{
    private readonly TestFolder _folder = new();

    public FullDisk(int kilobytes)
    {
        Path = System.IO.Path.Combine(_folder.Path, "disk");
        Directory.CreateDirectory(Path);
        Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", Path);
    }

    public string Path { get; }

    public void Fill()
    {
        using FileStream fill = new(System.IO.Path.Combine(Path, "fill"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true) fill.Write(page);
        }
        catch (IOException)
        {
            // No space is left.
        }
    }

    public void MakeRoom() => File.Delete(System.IO.Path.Combine(Path, "fill"));

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
