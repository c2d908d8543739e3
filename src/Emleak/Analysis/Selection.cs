using System.Globalization;

namespace Emleak.Analysis;

/// <summary>Which allocations count. The default is all.</summary>
internal sealed record Selection
{
    /// <summary>Every allocation of every size.</summary>
    public static Selection All { get; } = new();

    /// <summary>
    /// 0: every allocation counts. Else one in so many bytes does, on average, and stands for others: bytes and counts are
    /// estimates, right on average whatever the sizes (bpf/sampling.h). Mappings count whole.
    /// </summary>
    public long SampleBytes { get; init; }

    /// <summary>Smaller allocations do not count.</summary>
    public long MinSize { get; init; }

    /// <summary>Larger ones do not either.</summary>
    public long MaxSize { get; init; } = long.MaxValue;

    /// <summary>True when numbers are estimates.</summary>
    public bool IsSampled => SampleBytes > 0;

    /// <summary>True when not all that is allocated counts.</summary>
    public bool Selects => this != All;

    /// <summary>What counts, in words that fit into any of the outputs: no comma, no semicolon, no line end. Empty for all.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        if (IsSampled) parts.Add(string.Create(CultureInfo.InvariantCulture, $"estimated from samples: one in {SampleBytes} bytes"));
        if (MinSize > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"only allocations of {MinSize} bytes and more"));
        if (MaxSize < long.MaxValue) parts.Add(string.Create(CultureInfo.InvariantCulture, $"only allocations of up to {MaxSize} bytes"));
        return string.Join(" and ", parts);
    }
}
