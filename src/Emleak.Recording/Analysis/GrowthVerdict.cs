namespace Emleak.Recordings.Analysis;

/// <summary>How memory develops, in a word with its reason and numbers.</summary>
public sealed record GrowthVerdict
{
    /// <summary>The word.</summary>
    public required GrowthWord Word { get; init; }

    /// <summary>Why, in a few words for people.</summary>
    public required string Reason { get; init; }

    /// <summary>The slope of the lower envelope, in bytes an hour.</summary>
    public double BytesPerHour { get; init; }

    /// <summary>Lower end of its 99 % confidence interval.</summary>
    public double LowPerHour { get; init; }

    /// <summary>Upper end.</summary>
    public double HighPerHour { get; init; }

    /// <summary>The least live bytes of the first part of the trace after warm-up.</summary>
    public double First { get; init; }

    /// <summary>The least live bytes of the last part.</summary>
    public double Last { get; init; }

    /// <summary>In how many parts the time after warm-up was judged.</summary>
    public int Buckets { get; init; }

    /// <summary>When it is too early: the moment from which on there is an answer.</summary>
    public DateTimeOffset? KnownAt { get; init; }
}

/// <summary>The words. None of them says that memory is lost: that takes a scan.</summary>
public enum GrowthWord
{
    /// <summary>There are too few snapshots for a word.</summary>
    TooEarly = 0,

    /// <summary>It goes neither up nor down.</summary>
    Stable,

    /// <summary>It goes up, and nothing says that it will stop.</summary>
    Growing,

    /// <summary>It went up and is levelling off.</summary>
    FillingCache,

    /// <summary>It went up once and stays there.</summary>
    OneOff,

    /// <summary>It goes down.</summary>
    Shrinking,

    /// <summary>It went up, and most of it has been freed.</summary>
    FreedLate,
}
