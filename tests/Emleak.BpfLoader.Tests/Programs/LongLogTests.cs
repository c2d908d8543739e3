using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>A verifier log that is larger than the kernel is given room for says nothing of the program.</summary>
public sealed class LongLogTests
{
    // Each round is a state of its own, so that the log has a few lines for every one.
    private const string Loop = """
        static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
        u64 sum;
        SEC("raw_tp/sched_switch")
        int walks(void *ctx)
        {
            for (int i = 0; i < ROUNDS; i++) sum += bpf_ktime_get_ns() >> (i & 31);
            return AT_END;
        }
        """;

    [Theory]
    [InlineData("100000000", "0", Errno.TooBig)]
    [InlineData("60000", "*(int *)sum", Errno.AccessDenied)]
    public void The_errno_of_a_refusal_is_that_of_the_program(string rounds, string atEnd, object errno)
    {
        VerifierException refused = Assert.Throws<VerifierException>(() => Compile(rounds, atEnd).Load());
        Assert.Equal((int)(Errno)errno, refused.ErrorNumber);
        Assert.InRange(refused.Log.Length, 1 << 20, 1 << 24);
    }

    [Fact]
    public void A_program_that_the_kernel_takes_is_loaded_whatever_log_is_asked_for()
    {
        using BpfCollection loaded = Compile("60000", "0").Load(new LoadOptions { LogLevel = 2 });
        Assert.InRange(loaded.Programs["walks"].VerifierLog.Length, 1 << 20, 1 << 24);
    }

    private static BpfObject Compile(string rounds, string atEnd) =>
        BpfSource.Compile(Loop.Replace("ROUNDS", rounds, StringComparison.Ordinal).Replace("AT_END", atEnd, StringComparison.Ordinal));
}
