using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Debian's redis-server, whose allocator is a library (jemalloc), from its first instruction on and under load.</summary>
public sealed partial class ServerTests
{
    // What a value of 600 bytes takes: the header of a string of such a length, and its end. What a key of 16 and its entry in the table take.
    private const int ValueBlock = 5 + 600 + 1, KeyBlock = 1 + 16 + 1, EntryBlock = 24;

    [Fact]
    public void A_server_holds_what_its_allocator_says()
    {
        using TestFolder folder = new();
        string program = Path.Combine(folder.Path, "emlk-redis"), socket = Path.Combine(folder.Path, "socket");
        File.Copy(new FileInfo("/usr/bin/redis-server").ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? "/usr/bin/redis-server", program);
        // Mappings are no blocks of the allocator's: its functions alone.
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-redis", "--object", "libjemalloc.so.2");
        emleak.WaitForStart();

        // Without caches of threads, whose blocks count as given.
        using RunningProcess server = new(
            "env", ["MALLOC_CONF=tcache:false,narenas:1", program, "--save", "", "--port", "0", "--unixsocket", socket], folder.Path);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(socket), RunningProcess.Patience), server.Output);
        _ = Ask("redis-benchmark", "-s", socket, "-q", "-r", "5000", "-d", "600", "-n", "20000", "-t", "set,lpush,hset");
        _ = Ask("redis-cli", "-s", socket, "del", "mylist", "myhash");
        long keys = long.Parse(Ask("redis-cli", "-s", socket, "dbsize"), CultureInfo.InvariantCulture);
        Assert.InRange(keys, 4000, 5000);

        // While gdb has it, nothing changes.
        using RunningProcess gdb = new("gdb", ["-nx", "-q", "-ex", "set pagination off", "-p", $"{server.Pid}"], folder.Path);
        gdb.Send("echo \\nattached\\n\n");
        gdb.WaitForLine("attached");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        gdb.Send("call (void)malloc_stats_print(0, 0, 0)\necho \\nprinted\\n\n");
        gdb.WaitForLine("printed");
        gdb.CloseInput();
        Assert.Equal(0, gdb.WaitForExit());
        server.Signal("TERM");
        Assert.Equal(0, server.WaitForExit());

        (long Bytes, long Count)[] rows = [.. emleak.Files().Rows];
        foreach (int size in (ReadOnlySpan<int>)[ValueBlock, KeyBlock, EntryBlock]) Assert.Contains((keys * size, keys), rows);

        // One more is the room in which it prints this.
        Assert.Equal(CountIn(server.Errors + server.Output) - 1, rows.Sum(row => row.Count));
        string Ask(string tool, params string[] arguments)
        {
            using RunningProcess running = new(tool, arguments, folder.Path);
            Assert.True(running.WaitForExit() == 0, running.Errors);
            return running.Output;
        }
    }

    // Blocks in use: regions of all bins, and extents of large ones.
    private static long CountIn(string statistics)
    {
        string merged = statistics[statistics.IndexOf("\nbins:", StringComparison.Ordinal)..];
        int large = merged.IndexOf("\nlarge:", StringComparison.Ordinal);
        return SumOf(merged[..large], column: 10) + SumOf(merged[large..merged.IndexOf("\nextents:", StringComparison.Ordinal)], column: 9);
    }

    private static long SumOf(string table, int column) =>
        Row().Matches(table).Sum(row => long.Parse(row.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)[column], CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^ +\d[^\n]+$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
