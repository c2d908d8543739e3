using Emleak.Reporting;
using Emleak.Symbols;
using Emleak.Symbols.Debuginfo;

namespace Emleak.Lookup;

/// <summary>The debuginfod servers that the user has allowed to be asked, with what is said about them on standard error.</summary>
internal sealed class DebugFileServers : IDisposable
{
    private readonly DebuginfodClient? _client;

    private readonly Reporter _reporter;

    private DebugFileServers(DebuginfodClient? client, Reporter reporter) => (_client, _reporter) = (client, reporter);

    /// <summary>Where to look for debug files.</summary>
    public SymbolizerSettings Settings => new() { Debuginfod = _client, AskForManagedNames = true };

    /// <summary>How long a server may be silent from now on, if that is shorter than what the environment says.</summary>
    public TimeSpan Patience
    {
        set
        {
            if (_client is not null) _client.Patience = value;
        }
    }

    /// <summary>Makes ready to ask the servers of the environment.</summary>
    /// <param name="areWanted">False to ask none.</param>
    /// <param name="reporter">What is said about them goes there.</param>
    /// <param name="cancellation">Ends the asking.</param>
    /// <exception cref="EmleakException">The environment names no server.</exception>
    public static DebugFileServers Open(bool areWanted, Reporter reporter, CancellationToken cancellation)
    {
        if (!areWanted) return new DebugFileServers(null, reporter);
        if (DebuginfodOptions.FromEnvironment() is not { } options)
        {
            throw new EmleakException(ExitCode.Usage, "--debuginfod asks the servers in the variable DEBUGINFOD_URLS (http://... or https://...), which names none; sudo needs -E to keep it");
        }

        return new DebugFileServers(new DebuginfodClient(options with { Progress = new FetchProgress(reporter), Cancellation = cancellation }), reporter);
    }

    /// <summary>Says what went wrong with the servers.</summary>
    public void TellProblems()
    {
        foreach (string problem in (_client?.Problems ?? []).Distinct(StringComparer.Ordinal)) _reporter.Warn(problem);
    }

    public void Dispose() => _client?.Dispose();
}
