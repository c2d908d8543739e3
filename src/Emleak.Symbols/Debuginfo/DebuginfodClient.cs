using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>
/// Fetches debug files by build id from debuginfod servers, into the cache that all clients share. Asks for each build id once. Safe for
/// concurrent callers.
/// </summary>
/// <seealso href="https://sourceware.org/elfutils/Debuginfod.html"/>
public sealed class DebuginfodClient : IDisposable
{
    private const int ChunkBytes = 100_000;
    private const int MostRedirections = 5;
    private static readonly Lazy<string?> NoTls = new(FindTlsProblem);

    private readonly DebuginfodOptions _options;
    private readonly DebuginfodCache _cache;
    private readonly HttpClient _http;
    private readonly ConcurrentDictionary<string, Lazy<string?>> _asked = new(StringComparer.Ordinal);
    private long _patience;
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentDictionary<Uri, bool> _silent = new();
    private readonly Lock _cleaning = new();
    private bool _isClean;
    private long _fetchedBytes;

    /// <summary>Makes a client. Nothing is asked yet.</summary>
    public DebuginfodClient(DebuginfodOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        Patience = options.Patience;
        _cache = new DebuginfodCache(options.CacheFolder);
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = options.Patience, MaxAutomaticRedirections = MostRedirections }) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("emleak");
    }

    /// <summary>What went wrong so far, for people: servers that cannot be reached, answers that make no sense.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>How long a server may be silent: the option of this name, until something shorter is set.</summary>
    public TimeSpan Patience
    {
        get => new(Volatile.Read(ref _patience));
        set
        {
            bool isShorter = _patience == 0 || Patience == Timeout.InfiniteTimeSpan || (value < Patience && value != Timeout.InfiniteTimeSpan);
            if (isShorter) Volatile.Write(ref _patience, value.Ticks);
        }
    }

    /// <summary>Finds the debug file of a build id, in the cache or on a server.</summary>
    /// <param name="buildId">The build id, 2 to 64 bytes.</param>
    /// <returns>Path of the file; null when it was not found. What it holds has not been looked at.</returns>
    public string? Find(ReadOnlySpan<byte> buildId)
    {
        if (!DebugFileSearch.IsUsable(buildId)) return null;
        return _asked.GetOrAdd(Convert.ToHexStringLower(buildId), key => new(() => FindOnce(key))).Value;
    }

    /// <summary>Closes connections.</summary>
    public void Dispose() => _http.Dispose();

    private void CleanOnce()
    {
        lock (_cleaning)
        {
            if (_isClean) return;
            _isClean = true;
            _cache.Clean();
        }
    }

    private string? FindOnce(string buildId)
    {
        try
        {
            if (_cache.Find(buildId) is bool isThere) return isThere ? _cache.PathOf(buildId) : null;
            string draft = _cache.Prepare(buildId);
            CleanOnce();
            bool isMissingEverywhere = true;
            foreach (Uri server in _options.Servers)
            {
                if (_options.Cancellation.IsCancellationRequested) return null;
                if (_silent.ContainsKey(server))
                {
                    isMissingEverywhere = false;
                    continue;
                }

                bool? found = Fetch(server, buildId, draft);
                if (found == true) return _cache.PathOf(buildId);
                isMissingEverywhere &= found == false;
            }

            if (isMissingEverywhere) _cache.NoteMiss(buildId);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            _problems.Enqueue($"debuginfod cache: {SystemError.Describe(problem)}");
        }

        return null;
    }

    /// <summary>True when the server had the file, false when it has not, null when it did not say.</summary>
    private bool? Fetch(Uri server, string buildId, string draft)
    {
        if (server.Scheme == Uri.UriSchemeHttps && NoTls.Value is { } reason)
        {
            _problems.Enqueue($"{server}: https needs OpenSSL's library (libssl), {reason}; http works without");
            return null;
        }

        using CancellationTokenSource clock = CancellationTokenSource.CreateLinkedTokenSource(_options.Cancellation);
        try
        {
            HttpStatusCode status = FetchAsync(new Uri(server, $"buildid/{buildId}/debuginfo"), server, buildId, draft, clock).GetAwaiter().GetResult();
            if (status is HttpStatusCode.OK or HttpStatusCode.NotFound) return status == HttpStatusCode.OK;
            _problems.Enqueue($"{server} answers {(int)status}");
        }
        catch (OperationCanceledException)
        {
            // Once is enough: a program may have hundreds of files.
            if (!_options.Cancellation.IsCancellationRequested && _silent.TryAdd(server, true)) _problems.Enqueue($"{server} takes too long, and is not asked again");
        }
        catch (Exception problem) when (problem is HttpRequestException or HttpIOException)
        {
            _problems.Enqueue($"{server}: {SystemError.Describe(problem.InnerException ?? problem)}");
        }
        finally
        {
            File.Delete(draft);
            _options.Progress?.Report(new DebuginfodProgress(server, buildId, 0, null, IsDone: true));
        }

        return null;
    }

    private async Task<HttpStatusCode> FetchAsync(Uri file, Uri server, string buildId, string draft, CancellationTokenSource clock)
    {
        using CancellationTokenSource whole = new(_options.MaxTime);
        using CancellationTokenRegistration link = whole.Token.Register(clock.Cancel);
        clock.CancelAfter(Patience);
        using HttpResponseMessage response = await _http.GetAsync(file, HttpCompletionOption.ResponseHeadersRead, clock.Token).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK) return response.StatusCode;
        long? total = response.Content.Headers.ContentLength;
        if (total > _options.MaxBytes) throw new HttpRequestException($"offers {total} bytes for {buildId}, at most {_options.MaxBytes} are taken");

        using (Stream body = await response.Content.ReadAsStreamAsync(clock.Token).ConfigureAwait(false))
        using (FileStream copy = DebuginfodCache.OpenDraft(draft))
        {
            byte[] chunk = new byte[ChunkBytes];
            while (true)
            {
                clock.CancelAfter(Patience);
                int read = await body.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, clock.Token).ConfigureAwait(false);
                if (read == 0) break;
                if (copy.Length + read > _options.MaxBytes) throw new HttpRequestException($"sends more than {_options.MaxBytes} bytes for {buildId}");
                if (Interlocked.Add(ref _fetchedBytes, read) > _options.MaxTotalBytes) throw new HttpRequestException($"limit reached: {_options.MaxTotalBytes} bytes are fetched in all");
                copy.Write(chunk, 0, read);
                _options.Progress?.Report(new DebuginfodProgress(server, buildId, copy.Length, total, IsDone: false));
            }
        }

        File.SetUnixFileMode(draft, UnixFileMode.UserRead);
        File.Move(draft, _cache.PathOf(buildId), overwrite: true);
        return response.StatusCode;
    }

    // The runtime ends the program when it needs OpenSSL and does not find it, and crashes in a static program, where a library would bring
    // another C library with it.
    private static string? FindTlsProblem()
    {
        if (IsStatic()) return "which a static program cannot load";
        foreach (string name in (string[])["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10"])
        {
            if (!NativeLibrary.TryLoad(name, out nint library)) continue;
            NativeLibrary.Free(library);
            return null;
        }

        return "which is not there";
    }

    private static bool IsStatic()
    {
        // PT_INTERP (elf(5)): what loads a program's libraries.
        const uint Interpreter = 3;
        using ElfImage self = ElfImage.Open("/proc/self/exe");
        return !self.Segments.Any(segment => segment.Type == Interpreter);
    }
}
