using System.IO.Compression;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;

namespace Emleak.Recordings.Tests;

/// <summary>Recordings made up for tests.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1795407840123);

    public static Header Header { get; } = new()
    {
        Emleak = "0.1.0",
        Start = Start,
        IntervalSeconds = 10,
        Host = new HostInfo { Name = "build-7", Kernel = "6.1.0", Architecture = "x86_64", Processors = 2, MemoryBytes = 1L << 33 },
        Target = new TargetInfo { Pid = 4711, Comm = "leaky-server", Executable = "/opt/leaky-server", Start = Start.AddMinutes(-5) },
        Unwinding = "auto",
        MaxDepth = 127,
        Probes = [new ProbeInfo("/usr/lib/libc.so.6", "malloc", "allocate"), new ProbeInfo("/usr/lib/libc.so.6", "pvalloc", "allocate", "no such function")],
    };

    /// <summary>Something of everything.</summary>
    public static RecordingBuilder Small(Header? header = null)
    {
        RecordingBuilder recording = new(header ?? Header, StackColumn.LiveBytes, StackColumn.LiveBlocks, StackColumn.AllocatedBytes);
        int program = recording.AddModule(new Module { Path = "/opt/leaky-server", BuildId = "c0ffee", Ranges = [new LoadRange(0x400000, 0x402000, 0)] });
        int library = recording.AddModule(new Module { Path = "/usr/lib/libplugin-1.2.so.3.4" });
        int main = recording.AddFunction(new Function("main"));
        int take = recording.AddFunction(new Function("_ZN4Pool4takeEm", "Pool::take(unsigned long)", "Pool::take"));
        int serve = recording.AddFunction(new Function("serve.constprop.0"));
        int outermost = recording.AddFrame(new Frame { Address = 0x401010, Module = program, ModuleAddress = 0x401010, Function = main, FunctionOffset = 0x10, File = "server.c", Line = 90 });
        int middle = recording.AddFrame(new Frame
        {
            Address = 0x401120, Module = program, ModuleAddress = 0x401120, Function = serve, FunctionOffset = 0x20, File = "server.c", Line = 40, Column = 7,
            Inlined = [new InlinedCall(take, "pool.hpp", 12, 3), new InlinedCall(-1, null, 0, 0)],
        });
        int unnamed = recording.AddFrame(new Frame { Address = 0x7f0000001234, Module = library, ModuleAddress = 0x1234, Reason = MissingName.NoSymbols });
        int nowhere = recording.AddFrame(new Frame { Address = 0xdead, Reason = MissingName.NotMapped });
        recording.AddStack(7, [middle, outermost]);
        recording.AddStack(9, [unnamed, middle, outermost]);
        recording.AddStack(0, [], StackEnding.Lost, StackRemark.TableFull);
        SetLive(recording, 0, 100, 1, 100);
        SetLive(recording, 1, 2048, 2, 4096);
        recording.TakeSnapshot(Start.AddSeconds(10), new ProcessNumbers { Rss = 5 << 20, Anonymous = 3 << 20, CgroupLimit = 1L << 30 });
        recording.AddStack(12, [nowhere], StackEnding.Truncated);
        SetLive(recording, 0, 0, 0, 100);
        SetLive(recording, 2, 16, 1, 16);
        SetLive(recording, 3, 1L << 40, 3, 1L << 40);
        recording.TakeSnapshot(Start.AddSeconds(20), new ProcessNumbers { Rss = 6 << 20 });
        recording.AddMark("after warm-up", "command");
        recording.AddEvent(new TraceEvent { Time = Start.AddSeconds(12), Kind = TraceEventKinds.LibraryLoaded, Subject = "/usr/lib/libplugin-1.2.so.3.4" });
        recording.AddEvent(new TraceEvent { Time = Start.AddSeconds(20), Kind = TraceEventKinds.Cost, Numbers = new Dictionary<string, long> { ["hits"] = 12, ["nanoseconds"] = 3400 } });
        recording.AddScan(new Scan
        {
            Time = Start.AddSeconds(21), StoppedMicroseconds = 2400,
            Stacks = [new StackScan { Stack = 3, DefinitelyLost = new BlockSum(1L << 39, 2), Reachable = new BlockSum(1L << 39, 1), ResidentBytes = 4096, Holder = "global cache" }],
        });
        return recording;
    }

    /// <summary>The small one, ended.</summary>
    public static Recording Ended(Header? header = null)
    {
        RecordingBuilder recording = Small(header);
        recording.Finish(new TraceEnding(Start.AddSeconds(22), "signal", Signal: 2), [new Loss("untracked-blocks", 3, 4096)]);
        return recording.Build();
    }

    /// <summary>As bytes of a file.</summary>
    public static byte[] Write(Recording recording)
    {
        using MemoryStream output = new();
        RecordingWriter.Write(recording, output);
        return output.ToArray();
    }

    /// <summary>From bytes of a file.</summary>
    public static Recording Read(ReadOnlySpan<byte> file) => RecordingReader.Read(new MemoryStream(file.ToArray()));

    /// <summary>The lines of a file.</summary>
    public static string[] LinesOf(ReadOnlySpan<byte> file)
    {
        using GZipStream text = new(new MemoryStream(file.ToArray()), CompressionMode.Decompress);
        return [.. new StreamReader(text).ReadToEnd().TrimEnd('\n').Split('\n')];
    }

    /// <summary>From the lines of a file.</summary>
    public static Recording ReadLines(IEnumerable<string> lines)
    {
        using MemoryStream file = new();
        using (GZipStream compressed = new(file, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (string line in lines) compressed.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        }

        return Read(file.ToArray());
    }

    /// <summary>As text in a format.</summary>
    public static string Report(string format, Recording recording)
    {
        using MemoryStream output = new();
        ReportWriters.Find(format)!.Write(recording, output);
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }

    private static void SetLive(RecordingBuilder recording, int stack, long bytes, long blocks, long allocated)
    {
        recording.Set(stack, StackColumn.LiveBytes, bytes);
        recording.Set(stack, StackColumn.LiveBlocks, blocks);
        recording.Set(stack, StackColumn.AllocatedBytes, allocated);
    }
}
