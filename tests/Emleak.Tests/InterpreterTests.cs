using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Programs of other languages, from their first instruction on: what their objects need is what the C library was asked for.</summary>
public sealed class InterpreterTests
{
    [Theory]
    [InlineData("/usr/bin/python3", "holds.py")]
    [InlineData("node", "holds.js", "--expose-gc")]
    public void Scripts_hold_as_many_blocks_as_they_say(string interpreter, string script, params string[] options)
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, ["run", "--", interpreter, .. options, Path.Combine(Workloads.Sources, script)]);
        emleak.WaitForLine("ready");
        emleak.SendLine();
        emleak.WaitForLine("done");
        emleak.SendLine();
        Assert.Equal(0, emleak.WaitForExit());
        List<(long Size, long Count)> said = ReadHolds(emleak.Output);
        Assert.NotEmpty(said);
        TraceFiles files = emleak.Files();
        Assert.Equal(said, said.Select(hold => (hold.Size, files.CountOf(hold.Size))));
    }

    [Theory]
    [InlineData("-O")]
    [InlineData("-Copt-level=0")]
    [InlineData("-O -Ctarget-feature=+crt-static")]
    [InlineData("-O -Cpanic=abort")]
    public void Collections_of_rust_hold_what_they_need(string options)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(options, "holds.rs", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AllocatorTests.AssertHeld(workload, emleak);
    }

    private static List<(long Size, long Count)> ReadHolds(string output) =>
    [
        .. from line in output.Split('\n')
           where line.StartsWith("hold ", StringComparison.Ordinal)
           let words = line.Split(' ')
           select (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture)),
    ];
}
