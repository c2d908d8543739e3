using System.Diagnostics;
using Emleak.Output;
using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>Files are made by descriptor: nothing that lies in the way is opened, followed or written to.</summary>
public sealed class HeldFolderTests
{
    [Theory]
    [InlineData("ln -s /etc/hostname victim")]
    [InlineData("ln -s nowhere victim")]
    [InlineData("mkfifo victim")]
    [InlineData("mknod victim c 1 3")]
    [InlineData("mkdir victim")]
    [InlineData("echo keep >victim")]
    public void What_has_the_name_already_is_an_error_and_stays(string inTheWay)
    {
        using TestFolder folder = new();
        Shell(folder.Path, inTheWay);
        string before = Listing(folder.Path);
        using HeldFolder held = HeldFolder.Open(folder.Path);
        Assert.Contains("File exists", Assert.Throws<IOException>(() => held.CreateFile("victim")).Message, StringComparison.Ordinal);
        Assert.Contains("File exists", Assert.Throws<IOException>(() => held.Make("victim")).Message, StringComparison.Ordinal);
        Assert.Equal(before, Listing(folder.Path));
    }

    [Fact]
    public void A_folder_that_was_moved_away_is_still_the_one_that_is_written_to()
    {
        using TestFolder folder = new();
        using HeldFolder parent = HeldFolder.Open(folder.Path);
        using HeldFolder held = parent.Make("ours");
        Shell(folder.Path, "mv ours stolen; mkdir ours other; ln -s ../other/stolen ours/file");
        OutputFolder.WriteWhole(held, "file", output => output.Write("secret"u8));
        Assert.Equal("secret", File.ReadAllText(Path.Combine(folder.Path, "stolen", "file")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder.Path, "other")));
        Assert.Equal(Path.Combine(folder.Path, "stolen"), held.Path);
        Assert.NotEqual(held.Identity, parent.IdentityOf("ours"));
    }

    [Fact]
    public void Files_are_for_their_owner_alone()
    {
        using TestFolder folder = new();
        using HeldFolder held = HeldFolder.Open(folder.Path);
        held.CreateFile("file").Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, "file")));
    }

    private static string Listing(string folder)
    {
        using RunningProcess list = new("ls", ["-lA", "--time-style=full-iso", folder], folder);
        Assert.Equal(0, list.WaitForExit());
        return list.Output;
    }

    private static void Shell(string folder, string script)
    {
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", script]) { WorkingDirectory = folder })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
