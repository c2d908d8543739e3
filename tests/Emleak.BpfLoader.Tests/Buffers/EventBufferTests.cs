using System.Runtime.InteropServices;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Buffers;

/// <summary>Ring buffers and perf buffers behind one interface.</summary>
public sealed class EventBufferTests : IDisposable
{
    private const int Pace = 400;
    private const int Rounds = 250;

    private const string Source = """
        static long (*bpf_perf_event_output)(void *, void *, u64, void *, u64) = (void *)25;
        u64 refused;
        struct {
            __uint(type, 4);
            __uint(key_size, 4);
            __uint(value_size, 4);
        } perf SEC(".maps");
        struct {
            __uint(type, 27);
            __uint(max_entries, 65536);
        } ring SEC(".maps");

        SEC("uprobe") int to_perf(void *ctx)
        {
            u64 payload[8] = {};
            u64 argument = *(u64 *)(ctx + ARGUMENT);
            payload[0] = argument;
            payload[argument & 7] = argument;
            if (bpf_perf_event_output(ctx, &perf, 0xffffffff, payload, ((argument & 7) + 1) * 8))
                __sync_fetch_and_add(&refused, 1);
            return 0;
        }
        SEC("uprobe") int to_ring(void *ctx)
        {
            u64 payload[8] = {};
            u64 argument = *(u64 *)(ctx + ARGUMENT);
            payload[0] = argument;
            payload[argument & 7] = argument;
            if (bpf_ringbuf_output(&ring, payload, ((argument & 7) + 1) * 8, 0))
                __sync_fetch_and_add(&refused, 1);
            return 0;
        }
        """;

    private readonly ProbedProgram _program = new();
    private readonly BpfCollection _loaded = BpfSource.Compile(Source).Load();

    public void Dispose()
    {
        _loaded.Dispose();
        _program.Dispose();
    }

    [Theory]
    [InlineData("perf")]
    [InlineData("ring")]
    public void Every_record_arrives_once_and_whole(string kind)
    {
        using ProbedProcess process = new(_program);
        using IEventBuffer buffer = EventBuffer.Open(_loaded.Maps[kind]);
        using BpfLink link = Attach(kind, process);
        bool[] seen = new bool[Pace * Rounds];
        int wrong = 0;
        for (int round = 0; round < Rounds; round++)
        {
            process.Begin(Pace);
            for (int read = 0; read < Pace;)
            {
                Assert.True(buffer.Wait(TimeSpan.FromSeconds(10)), "no record came");
                read += buffer.Read(record =>
                {
                    ulong first = MemoryMarshal.Read<ulong>(record);
                    int last = (int)(first & 7) * sizeof(ulong);
                    if (record.Length < last + sizeof(ulong) || MemoryMarshal.Read<ulong>(record[last..]) != first || seen[first]) wrong++;
                    seen[first] = true;
                });
            }

            process.End();
        }

        Assert.Equal(0, wrong);
        Assert.DoesNotContain(false, seen);
        Assert.Equal(0ul, buffer.LostCount);
        Assert.Equal(0ul, _loaded.ReadVariable<ulong>("refused"));
        Assert.False(buffer.Wait(TimeSpan.Zero));
    }

    [Fact]
    public void Perf_records_that_nobody_reads_are_counted_as_lost()
    {
        const int Sent = 20_000;
        using ProbedProcess process = new(_program);
        using PerfBuffer buffer = new(_loaded.Maps["perf"], bytesPerCpu: 1);
        using BpfLink link = Attach("perf", process);
        Tools.Run("taskset", $"-pc 0 {process.Pid}");
        process.Call(Sent);
        ulong read = (ulong)buffer.Read(static _ => { });
        Assert.InRange(read, 1ul, (ulong)Environment.SystemPageSize / 24);
        Assert.Equal(0ul, buffer.LostCount);
        // The kernel reports a loss with the next record that finds room.
        process.Call(1);
        read += (ulong)buffer.Read(static _ => { });
        Assert.Equal(Sent + 1ul, read + buffer.LostCount);
    }

    [Fact]
    public void A_disposed_perf_buffer_leaves_the_map_and_takes_no_records()
    {
        using ProbedProcess process = new(_program);
        PerfBuffer buffer = new(_loaded.Maps["perf"]);
        using BpfLink link = Attach("perf", process);
        process.Call(10);
        buffer.Dispose();
        Assert.Equal(0ul, _loaded.ReadVariable<ulong>("refused"));
        process.Call(10);
        Assert.Equal(10ul, _loaded.ReadVariable<ulong>("refused"));
        Assert.Throws<ObjectDisposedException>(() => buffer.Read(static _ => { }));
        using PerfBuffer again = new(_loaded.Maps["perf"]);
        process.Call(10);
        Assert.Equal(10, again.Read(static _ => { }));
    }

    [Fact]
    public void A_handler_that_fails_has_taken_its_record()
    {
        using ProbedProcess process = new(_program);
        using PerfBuffer buffer = new(_loaded.Maps["perf"]);
        using BpfLink link = Attach("perf", process);
        process.Call(3);
        Assert.Throws<InvalidOperationException>(() => buffer.Read(static _ => throw new InvalidOperationException()));
        Assert.Equal(2, buffer.Read(static _ => { }));
    }

    [Fact]
    public void Only_buffers_are_opened()
    {
        Assert.Throws<ArgumentException>(() => EventBuffer.Open(_loaded.Maps[".bss"]));
        Assert.Throws<ArgumentException>(() => new PerfBuffer(_loaded.Maps["ring"]));
    }

    private BpfLink Attach(string kind, ProbedProcess process) =>
        _loaded.Programs[$"to_{kind}"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = process.Pid });
}
