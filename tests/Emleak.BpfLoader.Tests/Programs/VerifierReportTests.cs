using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>What people are told of verifier logs, also of those that older kernels write.</summary>
public sealed class VerifierReportTests
{
    private static readonly BpfObject Spec = BpfSource.Compile(BpfSource.Refused);

    [Fact]
    public void The_reason_is_found_in_the_log_of_an_old_kernel()
    {
        VerifierException report = Describe(Errno.AccessDenied, """
            0: (79) r1 = *(u64 *)(r1 +112)
            1: (79) r1 = *(u64 *)(r1 +0)
             R1_w=inv(id=0) R10=fp0,call_-1
            R1 invalid mem access 'inv'
            processed 2 insns (limit 131072), stack depth 0
            """);
        Assert.Equal("R1 invalid mem access 'inv'", report.Reason);
        Assert.Contains("at instruction 1: (79)", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_before_the_first_instruction_has_a_reason_too()
    {
        VerifierException report = Describe(Errno.Invalid, "func#0 @0\nback-edge from insn 3 to 1\nprocessed 0 insns (limit 1000000)\n");
        Assert.Contains("back-edge from insn 3 to 1", report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("processed", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Eperm_without_a_log_comes_with_advice()
    {
        VerifierException report = Describe(Errno.NotPermitted, "");
        Assert.Contains("EPERM", report.Message, StringComparison.Ordinal);
        Assert.Contains("CAP_BPF", report.Message, StringComparison.Ordinal);
        Assert.Equal("", report.Reason);
    }

    [Fact]
    public void A_log_of_many_buffers_is_read_to_its_end()
    {
        const int Steps = 3_000;
        string steps = string.Concat(Enumerable.Repeat("        result = sum;\n", Steps));
        BpfObject spec = BpfSource.Compile($$"""
            volatile u64 result;
            SEC("uprobe")
            int long_way(void *ctx)
            {
                u64 sum = *(u64 *)(ctx + ARGUMENT);
            {{steps}}
                return *(u64 *)sum;
            }
            """);
        VerifierException refused = Assert.Throws<VerifierException>(() => spec.Load(new LoadOptions { LogLevel = 2 }));
        Assert.InRange(refused.Log.Length, 1 << 17, 1 << 24);
        Assert.Contains("invalid mem access 'scalar'", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("return *(u64 *)sum;", refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.Message.Length, 1, 1_000);
    }

    private static VerifierException Describe(Errno errno, string log) =>
        VerifierReport.Describe(Spec, Spec.Programs["follows_a_number"], errno, log);
}
