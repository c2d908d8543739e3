using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Emleak.Elf.Tests;
using Emleak.Symbols.Debuginfo;

namespace Emleak.Symbols.Tests.Debuginfo;

/// <summary>Debug files from a real server, in a cache shared with the elfutils client.</summary>
public sealed class DebuginfodTests : IDisposable
{
    private readonly Workshop _workshop = new();
    private readonly string _buildId = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());

    public void Dispose() => _workshop.Dispose();

    private string Cached => Path.Combine(_workshop["cache"], _buildId, "debuginfo");

    [Fact]
    public void The_debug_file_of_a_stripped_program_is_fetched_once_and_kept()
    {
        Split();
        using DebuginfodServer server = new(_workshop, _workshop["served"]);
        server.WaitFor(_buildId);
        List<DebuginfodProgress> reports = [];
        Assert.Equal(("hidden", "simple.c"), Name(Options(server.Uri) with { Progress = new Reports(reports) }));
        Assert.True(File.Exists(Cached));
        Assert.Equal(new FileInfo(Cached).Length, reports.Max(report => report.Received));
        Assert.True(reports[^1].IsDone);
        Assert.Equal("600", File.ReadAllText(_workshop["cache/cache_miss_s"]));

        // Now without a server.
        Assert.Equal(("hidden", "simple.c"), Name(Options(Nobody())));
        Assert.Equal([Cached], Directory.GetFiles(Path.GetDirectoryName(Cached)!));
    }

    [Fact]
    public void The_elfutils_client_finds_what_was_fetched_and_the_other_way_round()
    {
        Split();
        using DebuginfodServer server = new(_workshop, _workshop["served"]);
        server.WaitFor(_buildId);
        Assert.SkipUnless(File.Exists("/usr/bin/debuginfod-find"), "needs debuginfod-find");
        Name(Options(server.Uri));
        Assert.Equal(Cached, Find(Nobody()).Trim());
        Directory.Delete(_workshop["cache"], recursive: true);
        Assert.Equal(Cached, Find(server.Uri).Trim());
        Assert.Equal(("hidden", "simple.c"), Name(Options(Nobody())));
    }

    [Fact]
    public void Nothing_is_asked_unless_sources_and_servers_are_wanted()
    {
        Split();
        using DebuginfodClient client = new(Options(Nobody()));
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop["simple"], new SymbolizerSettings { Debuginfod = client });
        Assert.Null(symbolizer.Symbolize([AddressOfHidden()], AddressKind.Exact, SymbolizeOptions.Names)[0].Function);
        Assert.Empty(client.Problems);
        using FileSymbolizer without = FileSymbolizer.Open(_workshop["simple"]);
        Assert.Null(without.Symbolize([AddressOfHidden()], AddressKind.Exact, SymbolizeOptions.Sources)[0].Function);
        Assert.False(Directory.Exists(_workshop["cache"]));
    }

    [Fact]
    public void What_no_server_has_is_not_asked_for_again_until_the_time_is_over()
    {
        Split();
        using CannedServer server = new("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        Assert.Null(Name(Options(server.Uri)).Function);
        Assert.Equal((0, UnixFileMode.None), (new FileInfo(Cached).Length, File.GetUnixFileMode(Cached)));
        Assert.Null(Name(Options(server.Uri)).Function);
        Assert.Equal(1, server.Requests);
        File.WriteAllText(_workshop["cache/cache_miss_s"], "0");
        File.SetLastWriteTimeUtc(Cached, DateTime.UtcNow.AddSeconds(-5));
        Assert.Null(Name(Options(server.Uri)).Function);
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public void A_server_that_fails_is_told_and_the_next_one_is_asked()
    {
        Split();
        using CannedServer failing = new("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
        using DebuginfodServer server = new(_workshop, _workshop["served"]);
        server.WaitFor(_buildId);
        using DebuginfodClient client = new(Options(Nobody()) with { Servers = [Nobody(), failing.Uri, server.Uri] });
        Assert.Equal(Cached, client.Find(Convert.FromHexString(_buildId)));
        Assert.Equal(2, client.Problems.Count);
        Assert.Contains("answers 500", client.Problems.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nstops here")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n")]
    [InlineData("no http at all\r\n\r\n")]
    [InlineData("")]
    public void Answers_that_make_no_sense_leave_nothing_in_the_cache(string answer)
    {
        Split();
        using CannedServer server = new(answer);
        using DebuginfodClient client = new(Options(server.Uri));
        Assert.Null(client.Find(Convert.FromHexString(_buildId)));
        Assert.Single(client.Problems);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Cached)!));
    }

    [Fact]
    public void A_file_that_does_not_belong_to_the_module_is_not_used()
    {
        Split();
        using CannedServer server = new("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        Assert.Null(Name(Options(server.Uri)).Function);
        Assert.True(File.Exists(Cached));
    }

    [Fact]
    public void A_server_that_does_not_answer_is_left_after_a_time()
    {
        Split();
        using CannedServer server = new(null);
        using DebuginfodClient client = new(Options(server.Uri) with { Patience = TimeSpan.FromMilliseconds(300) });
        Assert.Null(client.Find(Convert.FromHexString(_buildId)));
        Assert.Contains("takes too long", Assert.Single(client.Problems), StringComparison.Ordinal);
        using CancellationTokenSource impatience = new(TimeSpan.FromMilliseconds(300));
        using DebuginfodClient cancelled = new(Options(server.Uri) with { Patience = Timeout.InfiniteTimeSpan, Cancellation = impatience.Token });
        Assert.Null(cancelled.Find(Convert.FromHexString(_buildId)));
    }

    [Fact]
    public void An_endless_answer_is_cut_and_nothing_of_it_is_kept()
    {
        Split();
        using CannedServer server = new("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + new string('x', 3_000_000));
        using DebuginfodClient perFile = new(Options(server.Uri) with { MaxBytes = 1_000_000 });
        Assert.Null(perFile.Find(Convert.FromHexString(_buildId)));
        Assert.Contains("sends more than 1000000 bytes", Assert.Single(perFile.Problems), StringComparison.Ordinal);
        using DebuginfodClient inAll = new(Options(server.Uri) with { MaxTotalBytes = 1_000_000 });
        Assert.Null(inAll.Find(Convert.FromHexString(_buildId)));
        Assert.Contains("limit reached", Assert.Single(inAll.Problems), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Cached)!));
    }

    [Fact]
    public void What_a_killed_client_left_is_removed_by_the_next_one_and_what_another_is_writing_is_not()
    {
        Split();
        using CannedServer server = new("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        string folder = Directory.CreateDirectory(Path.Combine(_workshop["cache"], "00112233")).FullName;
        File.WriteAllText(Path.Combine(folder, "debuginfo.emleak-0"), "left");
        using FileStream written = DebuginfodCache.OpenDraft(Path.Combine(folder, "debuginfo.emleak-1"));
        File.WriteAllText(Path.Combine(folder, "debuginfo.AbCdEf"), "not ours");
        using DebuginfodClient client = new(Options(server.Uri));
        Assert.Null(client.Find(Convert.FromHexString(_buildId)));
        Assert.Equal(["debuginfo.AbCdEf", "debuginfo.emleak-1"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_server_that_took_too_long_is_not_asked_again()
    {
        Split();
        using CannedServer server = new(null);
        using DebuginfodClient client = new(Options(server.Uri) with { Patience = TimeSpan.FromMilliseconds(300) });
        Assert.Null(client.Find(Convert.FromHexString(_buildId)));
        Assert.Null(client.Find([1, 2, 3, 4]));
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public void What_nobody_used_for_long_is_removed_from_the_cache()
    {
        Split();
        using CannedServer server = new("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        string old = Path.Combine(_workshop["cache"], "00112233", "debuginfo");
        Directory.CreateDirectory(Path.GetDirectoryName(old)!);
        File.WriteAllText(old, "old");
        File.SetLastAccessTimeUtc(old, DateTime.UtcNow.AddDays(-8));
        _workshop.Write("cache/cache_clean_interval_s", "86400");
        File.SetLastWriteTimeUtc(_workshop["cache/cache_clean_interval_s"], DateTime.UtcNow.AddDays(-2));
        Name(Options(server.Uri));
        Assert.False(Directory.Exists(Path.GetDirectoryName(old)));
        Assert.True(File.Exists(_workshop["cache/cache_clean_interval_s"]));
    }

    private DebuginfodOptions Options(Uri server) =>
        new() { Servers = [server], CacheFolder = _workshop["cache"], Patience = TimeSpan.FromSeconds(20) };

    private (string? Function, string? File) Name(DebuginfodOptions options)
    {
        using DebuginfodClient client = new(options);
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop["simple"], new SymbolizerSettings { Debuginfod = client });
        Frame frame = symbolizer.Symbolize([AddressOfHidden()], AddressKind.Exact, SymbolizeOptions.Sources)[0];
        return (frame.Function, Path.GetFileName(frame.File));
    }

    private string Find(Uri server)
    {
        ProcessStartInfo start = new("debuginfod-find", ["debuginfo", _buildId]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["DEBUGINFOD_URLS"] = server.ToString();
        start.Environment["DEBUGINFOD_CACHE_PATH"] = _workshop["cache"];
        using System.Diagnostics.Process find = System.Diagnostics.Process.Start(start)!;
        string output = find.StandardOutput.ReadToEnd();
        find.WaitForExit();
        return output;
    }

    /// <summary>A stripped program, and its debug file where a server may find it.</summary>
    private void Split()
    {
        Directory.CreateDirectory(_workshop["served"]);
        _workshop.Write("simple.c", Programs.Simple);
        _workshop.Run("gcc", "-g", "simple.c", "-o", "simple", "-w", $"-Wl,--build-id=0x{_buildId}");
        _workshop.Run("objcopy", "--only-keep-debug", "simple", "served/simple.debug");
        _workshop.Run("strip", "simple");
    }

    private ulong AddressOfHidden() => Convert.ToUInt64(
        _workshop.Run("nm", "served/simple.debug").Split('\n').Single(line => line.EndsWith(" t hidden", StringComparison.Ordinal)).Split(' ')[0], 16);

    private static Uri Nobody() => new($"http://127.0.0.1:{DebuginfodServer.FreePort()}/");

    private sealed class Reports(List<DebuginfodProgress> list) : IProgress<DebuginfodProgress>
    {
        public void Report(DebuginfodProgress value) => list.Add(value);
    }

    /// <summary>Answers every request with the same bytes and hangs up; with null never.</summary>
    private sealed class CannedServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<TcpClient> _open = [];
        private readonly byte[]? _answer;

        public CannedServer(string? answer)
        {
            _answer = answer is null ? null : Encoding.ASCII.GetBytes(answer);
            _listener.Start();
            Uri = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
            _ = Task.Run(Serve);
        }

        public Uri Uri { get; }

        public int Requests { get; private set; }

        public void Dispose()
        {
            _listener.Dispose();
            foreach (TcpClient client in _open) client.Dispose();
        }

        private void Serve()
        {
            try
            {
                while (true)
                {
                    TcpClient client = _listener.AcceptTcpClient();
                    _open.Add(client);
                    Requests++;
                    _ = client.GetStream().ReadAtLeast(new byte[4096], 16);
                    if (_answer is null) continue;
                    client.GetStream().Write(_answer);
                    client.Close();
                }
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}
