using System.Globalization;

namespace Emleak.Recordings.Model;

/// <summary>Which allocations count. The default is all.</summary>
public sealed record AllocationFilter
{
    /// <summary>Every allocation of every size.</summary>
    public static AllocationFilter All { get; } = new();

    /// <summary>
    /// 0: every allocation counts. Else one in so many bytes does, on average, and stands for others: bytes and blocks are estimates.
    /// Direct mappings count whole.
    /// </summary>
    public long SampleBytes { get; init; }

    /// <summary>Smaller allocations do not count, in bytes.</summary>
    public long MinSize { get; init; }

    /// <summary>Larger ones do not either, in bytes.</summary>
    public long MaxSize { get; init; } = long.MaxValue;

    /// <summary>True when numbers are estimates.</summary>
    public bool IsSampled => SampleBytes > 0;

    /// <summary>True when not every allocation counts.</summary>
    public bool Selects => this != All;

    /// <summary>The filter in words that fit into every report: no comma, no semicolon, no line end. Empty for all.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        if (IsSampled) parts.Add(string.Create(CultureInfo.InvariantCulture, $"estimated from samples: one in {SampleBytes} bytes"));
        if (MinSize > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"only allocations of {MinSize} bytes and more"));
        if (MaxSize < long.MaxValue) parts.Add(string.Create(CultureInfo.InvariantCulture, $"only allocations of up to {MaxSize} bytes"));
        return string.Join(" and ", parts);
    }
}
