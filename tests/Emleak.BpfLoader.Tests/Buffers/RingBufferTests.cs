using System.Diagnostics;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Buffers;

/// <summary>Records that a program sends while a process runs into its probe.</summary>
public sealed class RingBufferTests(ITestOutputHelper output) : IDisposable
{
    private const int Million = 1_000_000;

    // Half of what fits: 64 KiB hold more than 900 of the largest records.
    private const int Pace = 400;

    private readonly ProbedProgram _program = new();
    private readonly BpfCollection _loaded = BpfSource.Compile(BpfSource.Stream).Load();

    public void Dispose()
    {
        _loaded.Dispose();
        _program.Dispose();
    }

    [Fact]
    public void A_million_records_arrive_in_order_and_without_loss()
    {
        using ProbedProcess process = new(_program);
        using BpfLink link = Attach(process);
        using RingBuffer ring = new(_loaded.Maps["events"]);
        long start = Stopwatch.GetTimestamp();
        ulong next = 0;
        ulong wrong = 0;
        while (next < Million)
        {
            process.Begin(Pace);
            for (ulong end = next + Pace; next < end;)
            {
                Assert.True(ring.Wait(TimeSpan.FromSeconds(10)), "no record came");
                foreach (ReadOnlySpan<byte> record in ring.Read())
                {
                    ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(record);
                    if (words.Length != (int)(next & 7) + 1 || words[0] != next || words[^1] != next) wrong++;
                    next++;
                }
            }

            process.End();
        }

        output.WriteLine($"{Million} records in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:f0} ms");
        Assert.Equal((ulong)Million, next);
        Assert.Equal(0ul, wrong);
        Assert.Equal(0ul, _loaded.ReadVariable<ulong>("lost"));
    }

    [Fact]
    public void A_walk_that_stops_early_gives_back_what_it_has_seen()
    {
        using ProbedProcess process = new(_program);
        using BpfLink link = Attach(process);
        using RingBuffer ring = new(_loaded.Maps["events"]);
        process.Call(10);
        foreach (ReadOnlySpan<byte> record in ring.Read())
        {
            if (MemoryMarshal.Read<ulong>(record) == 3) break;
        }

        List<ulong> rest = [];
        foreach (ReadOnlySpan<byte> record in ring.Read()) rest.Add(MemoryMarshal.Read<ulong>(record));
        Assert.Equal([4ul, 5, 6, 7, 8, 9], rest);
    }

    [Fact]
    public void Records_that_nobody_reads_are_lost_and_the_program_knows()
    {
        using ProbedProcess process = new(_program);
        using BpfLink link = Attach(process);
        using RingBuffer ring = new(_loaded.Maps["events"]);
        process.Call(10_000);
        ulong read = 0;
        foreach (ReadOnlySpan<byte> _ in ring.Read()) read++;
        ulong lost = _loaded.ReadVariable<ulong>("lost");
        Assert.Equal(10_000ul, read + lost);
        Assert.InRange(lost, 1ul, 9_999ul);
    }

    [Fact]
    public void Waiting_for_nothing_ends_after_the_timeout()
    {
        using RingBuffer ring = new(_loaded.Maps["events"]);
        long start = Stopwatch.GetTimestamp();
        Assert.False(ring.Wait(TimeSpan.FromMilliseconds(50)));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(50));
        Assert.False(ring.Wait(TimeSpan.Zero));
    }

    [Fact]
    public void Waiting_ends_when_a_record_comes()
    {
        using ProbedProcess process = new(_program);
        using BpfLink link = Attach(process);
        using RingBuffer ring = new(_loaded.Maps["events"]);
        process.Begin(1);
        Assert.True(ring.Wait(Timeout.InfiniteTimeSpan));
        process.End();
    }

    [Fact]
    public void Reading_does_not_allocate()
    {
        using ProbedProcess process = new(_program);
        using BpfLink link = Attach(process);
        using RingBuffer ring = new(_loaded.Maps["events"]);
        process.Call(Pace);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int read = 0;
        foreach (ReadOnlySpan<byte> _ in ring.Read()) read++;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Pace, read);
    }

    [Fact]
    public void A_disposed_ring_buffer_is_not_read()
    {
        RingBuffer ring = new(_loaded.Maps["events"]);
        ring.Dispose();
        Assert.Throws<ObjectDisposedException>(() =>
        {
            foreach (ReadOnlySpan<byte> _ in ring.Read())
            {
            }
        });
    }

    [Fact]
    public void Only_ring_buffer_maps_are_taken() =>
        Assert.Throws<ArgumentException>(() => new RingBuffer(_loaded.Maps[".bss"]));

    private BpfLink Attach(ProbedProcess process) =>
        _loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = process.Pid });
}
