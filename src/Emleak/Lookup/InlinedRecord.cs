namespace Emleak.Lookup;

/// <summary>An inlined call, as JSON shows it.</summary>
internal sealed record InlinedRecord
{
    public string? Function { get; init; }

    public string? Symbol { get; init; }

    public string? File { get; init; }

    public int? Line { get; init; }

    public int? Column { get; init; }
}
