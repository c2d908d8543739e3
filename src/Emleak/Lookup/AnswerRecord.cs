namespace Emleak.Lookup;

/// <summary>What is known about an address, as JSON shows it: <see cref="Symbols.Frame"/> says what each is.</summary>
internal sealed record AnswerRecord
{
    public required string Address { get; init; }

    public string? Function { get; init; }

    /// <summary>The function's name as stored.</summary>
    public string? Symbol { get; init; }

    public string? Offset { get; init; }

    public string? File { get; init; }

    public int? Line { get; init; }

    public int? Column { get; init; }

    public string? Module { get; init; }

    public string? ModuleAddress { get; init; }

    /// <summary>Innermost first.</summary>
    public IReadOnlyList<InlinedRecord>? Inlined { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }
}
