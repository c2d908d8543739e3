using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>What happens to a process while it is traced: threads leave, children come.</summary>
public sealed class LifeTests
{
    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.PerfEvents)]
    [InlineData(AttachMasks.PerfEventsByAddress)]
    public void Tracing_goes_on_when_the_main_thread_leaves(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("leaving", folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path);
        workload.SendLine();
        workload.WaitForLine("left");
        if (mask != AttachMasks.Sessions)
        {
            Assert.True(SpinWait.SpinUntil(() => emleak.Errors.Contains("moved to another", StringComparison.Ordinal), TimeSpan.FromSeconds(60)), emleak.Errors);
        }

        ExactnessTests.AssertSameHolds(workload, emleak, "work");
    }

    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.Links)]
    [InlineData(AttachMasks.PerfEvents)]
    public void Children_are_not_the_process_and_lose_its_probes(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("children", folder.Path);
        byte[] unprobed = ProcessCode.Of(workload.Pid, "libc.so.6");
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        int child = int.Parse(workload.Output.Split('\n').Single(line => line.StartsWith("child ", StringComparison.Ordinal))[6..], CultureInfo.InvariantCulture);
        if (mask != AttachMasks.PerfEvents)
        {
            bool clean = SpinWait.SpinUntil(() => ProcessCode.Of(child, "libc.so.6").AsSpan().SequenceEqual(unprobed), TimeSpan.FromSeconds(60));
            Assert.True(clean, "the child keeps the breakpoints that it inherited");
        }

        Assert.NotEqual(unprobed, ProcessCode.Of(workload.Pid, "libc.so.6"));
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(truth, emleak.Files().HoldsFrom("main"));
    }
}
