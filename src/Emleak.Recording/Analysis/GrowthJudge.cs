using System.Globalization;

namespace Emleak.Recordings.Analysis;

/// <summary>
/// From a series to a word. The series is a lower envelope: the minima of 12 to 24 parts of the time, so that what comes and goes within a part does
/// not count. Scaling bytes or time never changes the word.
/// </summary>
internal static class GrowthJudge
{
    public const int FewestBuckets = 12;
    public const int MostBuckets = 24;

    // BIC: strong evidence.
    private const double Strong = 6;

    // A tail this much flatter than the head levels off.
    private const double Flattening = 0.25;

    // A rise must be so many times the deviation from the curve.
    private const double Clear = 4;

    // So many standard errors are 99 % when there are few points (Student's t with 4 degrees of freedom).
    private const double StandardErrors = 4.6;

    // A step with a rise of this part of its height before or after it is not all.
    private const double Flat = 0.1;

    /// <summary>Judges a series.</summary>
    /// <param name="hours">The parts' times in hours, ascending.</param>
    /// <param name="minima">Their least live bytes.</param>
    /// <param name="knownAt">If it is too early, when it will be known.</param>
    public static GrowthVerdict Judge(ReadOnlySpan<double> hours, ReadOnlySpan<double> minima, DateTimeOffset? knownAt = null) => Judge(hours, minima, knownAt, hasStep: true);

    private static GrowthVerdict Judge(ReadOnlySpan<double> hours, ReadOnlySpan<double> minima, DateTimeOffset? knownAt, bool hasStep)
    {
        int n = minima.Length;
        if (n < FewestBuckets)
        {
            return new GrowthVerdict { Word = GrowthWord.TooEarly, Reason = $"{n} of {FewestBuckets} parts after warm-up are there", Buckets = n, KnownAt = knownAt };
        }

        double least = minima.ToArray().Min(), range = minima.ToArray().Max() - least;
        if (range == 0) return new GrowthVerdict { Word = GrowthWord.Stable, Reason = "the same all the time", First = least, Last = least, Buckets = n };
        (double[] t, double[] y) = Normalize(hours, minima, least, range);
        Dictionary<CurveKind, CurveShape> shapes = CurveShape.FitAll(t, y);
        CurveShape best = shapes.Values.MinBy(shape => shape.Bic)!;
        if (hasStep && IsStepWithMore(t, y, shapes, best))
        {
            GrowthVerdict rest = Judge(hours, WithoutStep(minima, best.Step), knownAt, hasStep: false);
            return rest with { Reason = $"apart from one step up: {rest.Reason}", First = minima[0], Last = minima[^1] };
        }

        Trend trend = Narrow(Trend.Fit(t, y, best.Inflation), best, n);
        (GrowthWord word, string reason) = Word(t, y, shapes, best, trend);
        double span = hours[^1] - hours[0];
        double unit = span > 0 ? range / span : 0;
        return new GrowthVerdict
        {
            Word = word,
            Reason = reason,
            BytesPerHour = trend.Slope * unit,
            LowPerHour = Times(trend.Low, unit),
            HighPerHour = Times(trend.High, unit),
            First = minima[0],
            Last = minima[^1],
            Buckets = n,
        };
    }

    private static (GrowthWord Word, string Reason) Word(double[] t, double[] y, Dictionary<CurveKind, CurveShape> shapes, CurveShape best, Trend trend)
    {
        if (IsFreedLate(y)) return (GrowthWord.FreedLate, "it grew, and most of what came has been freed");
        CurveShape constant = shapes[CurveKind.Constant], step = shapes[CurveKind.Step];
        bool isStrong = constant.Bic - best.Bic > Strong;
        if (best == step && isStrong && y[^1] > y[0] && IsFlatAround(t, y, step)) return (GrowthWord.OneOff, Format($"one step up after {t[step.Step]:0%} of the time, flat before and after"));
        if (trend.IsDown) return (GrowthWord.Shrinking, "it goes down");

        int third = t.Length / 3;
        Trend head = Trend.Fit(t.AsSpan(0, third + 1), y.AsSpan(0, third + 1), best.Inflation);
        Trend tail = Trend.Fit(t.AsSpan(t.Length - third - 1), y.AsSpan(t.Length - third - 1), best.Inflation);
        double other = Math.Min(Math.Min(constant.Bic, step.Bic), Math.Min(shapes[CurveKind.Line].Bic, shapes[CurveKind.Root].Bic));
        bool saturates = other - shapes[CurveKind.Saturating].Bic > Strong && y[^1] > y[0] && tail.Slope < Flattening * head.Slope;
        if (saturates) return (GrowthWord.FillingCache, Format($"levelling off: its last third rises at {Math.Max(0, tail.Slope / head.Slope):0%} of its first third's rate"));
        if (!trend.IsUp) return (GrowthWord.Stable, "no trend beyond its ups and downs");
        if (trend.Slope < Clear * best.Deviation) return (GrowthWord.Stable, "its rise is within its ups and downs");
        Trend late = Trend.Fit(t.AsSpan(t.Length / 2), y.AsSpan(t.Length / 2), best.Inflation);
        if (late.Slope < Flattening * trend.Slope && !late.IsUp) return (GrowthWord.FillingCache, "levelling off: its last half hardly rises");
        return (GrowthWord.Growing, best.Kind == CurveKind.Root ? "it rises more slowly, without an end in sight" : "it rises steadily, without a plateau");
    }

    // A step is most of it, but it goes up or down before or after.
    private static bool IsStepWithMore(double[] t, double[] y, Dictionary<CurveKind, CurveShape> shapes, CurveShape best) => best.Kind == CurveKind.Step
        && shapes[CurveKind.Constant].Bic - best.Bic > Strong && y[best.Step] - y[best.Step - 1] > Clear * best.Deviation && !IsFlatAround(t, y, best);

    private static double[] WithoutStep(ReadOnlySpan<double> minima, int step)
    {
        double[] values = minima.ToArray();
        double height = values[step] - values[step - 1];
        for (int i = step; i < values.Length; i++) values[i] -= height;
        return values;
    }

    // Ranks know nothing of how far a rise is above the noise: with few points they cannot exclude 0, however clear it is.
    private static Trend Narrow(Trend trend, CurveShape best, int n)
    {
        // Times are spread evenly from 0 to 1: their variance is a twelfth.
        double reach = StandardErrors * best.Deviation * Math.Sqrt(best.Inflation * 12 / n);
        return trend with { Low = Math.Max(trend.Low, trend.Slope - reach), High = Math.Min(trend.High, trend.Slope + reach) };
    }

    // Most of what came on top of the beginning went again, late.
    private static bool IsFreedLate(double[] y)
    {
        const double Most = 0.75;
        int peak = Array.IndexOf(y, y.Max());
        // The beginning is near the least value, and so is the end; between them it went up over many parts.
        return peak >= y.Length / 2 && y[0] < 1 - Most && y[^1] < 1 - Most && Trend.Fit([.. Enumerable.Range(0, peak + 1).Select(i => (double)i)], y.AsSpan(0, peak + 1)).IsUp;
    }

    private static bool IsFlatAround(double[] t, double[] y, CurveShape step)
    {
        int at = step.Step;
        double height = Math.Abs(y.AsSpan(at).ToArray().Average() - y.AsSpan(0, at).ToArray().Average());
        // At least a few parts must show that it stays.
        return y.Length - at >= 3 && height > Clear * step.Deviation && !Rises(t, y, at, y.Length, height) && !Rises(t, y, 0, at, height);
    }

    private static bool Rises(double[] t, double[] y, int from, int to, double height)
    {
        if (to - from < 3) return false;
        Trend trend = Trend.Fit(t.AsSpan(from, to - from), y.AsSpan(from, to - from));
        double rise = Math.Abs(trend.Slope * (t[to - 1] - t[from]));
        return rise > Flattening * height || (rise > Flat * height && (trend.IsUp || trend.IsDown));
    }

    // Times and values from 0 to 1.
    private static (double[] Times, double[] Values) Normalize(ReadOnlySpan<double> hours, ReadOnlySpan<double> minima, double least, double range)
    {
        double start = hours[0], span = hours[^1] - start;
        double[] y = minima.ToArray();
        var t = new double[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            t[i] = span > 0 ? (hours[i] - start) / span : 0;
            y[i] = (y[i] - least) / range;
        }

        return (t, y);
    }

    // Infinity times nothing is nothing.
    private static double Times(double slope, double unit) => unit == 0 ? 0 : slope * unit;

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
