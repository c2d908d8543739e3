using Emleak.Recordings.Model;
using Emleak.Symbols;

namespace Emleak.Cli;

/// <summary>Addresses to be named.</summary>
/// <param name="Pid">The process that they belong to; null when they belong to <paramref name="File"/>.</param>
/// <param name="File">The file that they belong to, when there is no pid.</param>
/// <param name="Addresses">The addresses as written; none to read them from standard input.</param>
internal sealed record SymbolizeRequest(int? Pid, string? File, IReadOnlyList<string> Addresses) : Request
{
    /// <summary>What the addresses stand for.</summary>
    public AddressKind Kind { get; init; }

    /// <summary>True to tell the calls that were inlined at the addresses.</summary>
    public bool WithInlined { get; init; }

    /// <summary>True to start every answer with its address.</summary>
    public bool WithAddresses { get; init; }

    /// <summary>True to answer with JSON.</summary>
    public bool AsJson { get; init; }

    /// <summary>True to fetch debug files that are not at hand.</summary>
    public bool UseDebuginfod { get; init; }

    /// <summary>How names are written.</summary>
    public NameStyle Names { get; init; }
}
