namespace Emleak.Symbols.Debuginfo;

/// <summary>
/// Where debug files are fetched from and kept, as the elfutils client has it (debuginfod-client-config(7)): both use one cache.
/// </summary>
public sealed record DebuginfodOptions
{
    /// <summary>The servers, in the order in which they are asked.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    /// <summary>The folder of what was fetched.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>How long a server may take to begin its answer, and for each 100 kB of it. <see cref="Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long one file may take in all. <see cref="Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public TimeSpan MaxTime { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Largest file that is fetched, in bytes. One that is larger than the limits of memory would be of no use.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>How much is fetched in all, in bytes, files included that turn out to be too large.</summary>
    public long MaxTotalBytes { get; init; } = 1L << 32;

    /// <summary>Told of every file that is being fetched, several times.</summary>
    public IProgress<DebuginfodProgress>? Progress { get; init; }

    /// <summary>Ends what is being fetched, and fetches no more.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>What the environment says: <c>DEBUGINFOD_URLS</c>, <c>DEBUGINFOD_CACHE_PATH</c>, <c>DEBUGINFOD_TIMEOUT</c>, <c>DEBUGINFOD_MAXTIME</c>, <c>DEBUGINFOD_MAXSIZE</c>.</summary>
    /// <returns>Null when it names no server, or there is no place for a cache.</returns>
    public static DebuginfodOptions? FromEnvironment()
    {
        string[] words = (Variable("DEBUGINFOD_URLS") ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        List<Uri> servers = [];
        foreach (string word in words)
        {
            string url = word.EndsWith('/') ? word : word + "/";
            if (Uri.TryCreate(url, UriKind.Absolute, out Uri? server) && (server.Scheme == Uri.UriSchemeHttp || server.Scheme == Uri.UriSchemeHttps)) servers.Add(server);
        }

        if (servers.Count == 0 || FindCacheFolder() is not { } folder) return null;
        DebuginfodOptions defaults = new() { Servers = servers, CacheFolder = folder };
        return defaults with
        {
            Patience = Seconds("DEBUGINFOD_TIMEOUT") ?? defaults.Patience,
            MaxTime = Seconds("DEBUGINFOD_MAXTIME") ?? defaults.MaxTime,
            MaxBytes = long.TryParse(Variable("DEBUGINFOD_MAXSIZE"), out long bytes) && bytes > 0 ? bytes : defaults.MaxBytes,
        };
    }

    private static string? FindCacheFolder()
    {
        if (Variable("DEBUGINFOD_CACHE_PATH") is { } given) return given;
        string? home = Variable("HOME");

        // Where the first versions kept it; still used where it is.
        if (home is not null && Path.Combine(home, ".debuginfod_client_cache") is var old && Directory.Exists(old)) return old;
        string? caches = Variable("XDG_CACHE_HOME") ?? (home is null ? null : Path.Combine(home, ".cache"));
        return caches is null ? null : Path.Combine(caches, "debuginfod_client");
    }

    private static TimeSpan? Seconds(string name)
    {
        if (!int.TryParse(Variable(name), out int seconds) || seconds < 0) return null;
        return seconds == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
