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

    [Theory]
    [InlineData(4, "SIGILL")]
    [InlineData(6, "SIGABRT")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(15, null)]
    public void A_death_that_the_tracer_may_be_to_blame_for_is_reported_at_once(int number, string? signal)
    {
        using TestFolder folder = new();
        using Workload workload = new("dies", folder.Path, $"{number}");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        workload.SendLine();
        Assert.Equal(0, emleak.WaitForExit());
        if (signal is null) Assert.DoesNotContain("was killed", emleak.Errors, StringComparison.Ordinal);
        else Assert.Matches($"emleak: process {workload.Pid} was killed by {signal} while traced; probed: .*malloc.* in .*libc.so.6", emleak.Errors);
    }

    [Fact]
    public void One_that_ends_while_it_is_being_probed_is_no_process_to_trace()
    {
        Random random = new(20261129);
        for (int round = 0; round < 12; round++)
        {
            using TestFolder folder = new();
            using Workload workload = new("early", folder.Path);
            using EmleakRun emleak = new(folder.Path, "-p", $"{workload.Pid}");
            Thread.Sleep(random.Next(100, 700));
            workload.Signal("KILL");
            Assert.True(emleak.WaitForExit() is 0 or 4, emleak.Errors);
        }
    }
}
