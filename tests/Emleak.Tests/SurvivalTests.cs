using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>The traced process is sacred: whatever happens to emleak, the process goes on, and nothing stays in it.</summary>
public sealed class SurvivalTests
{
    [Fact]
    public void Killed_at_random_moments_emleak_leaves_the_target_running_and_unprobed()
    {
        using TestFolder folder = new();
        using Workload workload = new("threads", folder.Path, "2", "0");
        workload.SendLine();
        byte[] unprobed = ProcessCode.Of(workload.Pid, "libc.so.6");
        Random random = new(20261123);
        for (int round = 0; round < 20; round++)
        {
            // From before the first probe to well into the tracing.
            using RunningProcess emleak = new(Path.Combine(AppContext.BaseDirectory, "emleak"), ["-p", $"{workload.Pid}", "-i", "1"], folder.Path);
            Thread.Sleep(random.Next(50, 1500));
            emleak.Signal("KILL");
            emleak.WaitForExit();
            Assert.False(workload.HasExited);
            Assert.True(Progresses(workload.Pid), "the target does not run any more");

            // The probes are taken out a moment later, in order.
            bool clean = SpinWait.SpinUntil(() => ProcessCode.Of(workload.Pid, "libc.so.6").AsSpan().SequenceEqual(unprobed), TimeSpan.FromSeconds(20));
            Assert.True(clean, $"breakpoints were left in libc in round {round}");
        }
    }

    [Fact]
    public void An_end_in_order_takes_the_probes_out()
    {
        using TestFolder folder = new();
        using Workload workload = new("threads", folder.Path, "2", "0");
        byte[] unprobed = ProcessCode.Of(workload.Pid, "libc.so.6");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        Assert.NotEqual(unprobed, ProcessCode.Of(workload.Pid, "libc.so.6"));
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(unprobed, ProcessCode.Of(workload.Pid, "libc.so.6"));
        Assert.False(workload.HasExited);
    }

    private static bool Progresses(int pid)
    {
        ulong before = CpuTicks(pid);
        return SpinWait.SpinUntil(() => CpuTicks(pid) > before, TimeSpan.FromSeconds(10));
    }

    private static ulong CpuTicks(int pid)
    {
        string text = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return ulong.Parse(fields[11], CultureInfo.InvariantCulture) + ulong.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
