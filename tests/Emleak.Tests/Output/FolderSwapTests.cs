using System.Diagnostics;
using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>Root traces in a folder that belongs to somebody else, who swaps emleak's folder for one with links to root's files.</summary>
public sealed class FolderSwapTests
{
    private const int Attacker = 4242;

    [Theory]
    [InlineData("INT")]
    [InlineData("exit")]
    public void Nothing_of_roots_is_written(string end)
    {
        using TestFolder folder = new();
        string home = Path.Combine(folder.Path, "home"), root = Path.Combine(folder.Path, "root");
        File.SetUnixFileMode(folder.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        Shell($"mkdir {home} {root}; chown {Attacker}:{Attacker} {home}; echo precious >{root}/precious; echo keep >{root}/appended");
        string before = Listing(root);

        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, home, "-i", "1");
        IReadOnlyList<Hold> truth = workload.Work();
        using (RunningProcess attack = new("setpriv", [$"--reuid={Attacker}", $"--regid={Attacker}", "--clear-groups", "/bin/sh", "-ec", $$"""
            for folder in mleak_pid*; do
              mv $folder stolen; mkdir $folder
              ln -s {{root}}/appended $folder/mleakstatics.csv
              for file in mleakstacks.txt mleaksummary.csv out.stacks out.sources trace.emleak; do ln -s {{root}}/precious $folder/$file.tmp; ln -s {{root}}/created $folder/$file; done
            done
            """], home))
        {
            Assert.True(attack.WaitForExit() == 0, attack.Errors);
        }

        emleak.WaitForLine("20000 bytes");
        emleak.WaitForLine("20000 bytes");
        if (end == "exit") workload.End();
        else emleak.Signal(end);
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(before, Listing(root));
        Assert.Equal("precious\n", File.ReadAllText(Path.Combine(root, "precious")));
        Assert.Equal("keep\n", File.ReadAllText(Path.Combine(root, "appended")));

        // What was found is in emleak's own folder, wherever that is, and readable by root alone.
        TraceFiles files = new(Path.Combine(home, "stolen"));
        Assert.Equal(truth, files.HoldsFrom("main"));
        Assert.All(Directory.GetFiles(files.Folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Contains($"was renamed or removed while the trace went on: its files are in {files.Folder}\n", emleak.Errors, StringComparison.Ordinal);
    }

    private static string Listing(string folder)
    {
        using RunningProcess list = new("ls", ["-lA", "--time-style=full-iso", folder], folder);
        Assert.Equal(0, list.WaitForExit());
        return list.Output;
    }

    private static void Shell(string script)
    {
        using Process shell = Process.Start("/bin/sh", ["-ec", script]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
