namespace Emleak.Recordings.Analysis;

/// <summary>The curve that fits points best, by how far it is from them and how many numbers it needs (BIC).</summary>
internal sealed class CurveShape
{
    // A better fit than this fraction of the range is none: numbers are whole, and a perfect fit would be infinitely good.
    private const double Resolution = 1e-3;

    private readonly double[] _residuals;

    private CurveShape(CurveKind kind, double bic, double[] residuals, int step = 0)
    {
        Kind = kind;
        Bic = bic;
        _residuals = residuals;
        Step = step;
    }

    public CurveKind Kind { get; }

    /// <summary>The lesser, the better. A difference of 6 is strong evidence.</summary>
    public double Bic { get; }

    /// <summary>For a step, the first point after it.</summary>
    public int Step { get; }

    /// <summary>Root of the mean square distance of the points from the curve.</summary>
    public double Deviation => Math.Sqrt(_residuals.Sum(residual => residual * residual) / _residuals.Length);

    /// <summary>By how much correlation of each point's distance with the next one's widens what is known from so many points.</summary>
    public double Inflation
    {
        get
        {
            double own = 0, next = 0;
            int n = _residuals.Length;
            for (int i = 0; i < n; i++)
            {
                own += _residuals[i] * _residuals[i];
                if (i + 1 < n) next += _residuals[i] * _residuals[i + 1];
            }

            if (own == 0) return 1;
            // The estimate is too low for few points (Kendall 1954).
            double correlation = Math.Clamp(((next / own) + (1.0 / n)) / (1 - (4.0 / n)), 0, 0.8);
            return (1 + correlation) / (1 - correlation);
        }
    }

    /// <summary>Each kind's best curve.</summary>
    /// <param name="times">From 0 to 1, ascending.</param>
    /// <param name="values">As many.</param>
    public static Dictionary<CurveKind, CurveShape> FitAll(ReadOnlySpan<double> times, ReadOnlySpan<double> values)
    {
        double[] t = times.ToArray();
        double[] y = values.ToArray();
        return new Dictionary<CurveKind, CurveShape>
        {
            [CurveKind.Constant] = OfShape(CurveKind.Constant, y, new double[t.Length], parameters: 1),
            [CurveKind.Line] = OfShape(CurveKind.Line, y, t, parameters: 2),
            [CurveKind.Root] = OfShape(CurveKind.Root, y, [.. t.Select(Math.Sqrt)], parameters: 2),
            [CurveKind.Saturating] = Saturating(t, y),
            [CurveKind.Step] = StepOf(y),
        };
    }

    private static CurveShape Saturating(double[] t, double[] y)
    {
        CurveShape? best = null;
        for (double constant = 0.02; constant < 1; constant *= 1.4)
        {
            double scale = constant;
            CurveShape next = OfShape(CurveKind.Saturating, y, [.. t.Select(time => 1 - Math.Exp(-time / scale))], parameters: 3);
            if (best is null || next.Bic < best.Bic) best = next;
        }

        return best!;
    }

    // Where the means before and after explain most.
    private static CurveShape StepOf(double[] y)
    {
        double total = y.Sum(), before = 0, most = double.NegativeInfinity;
        int step = 1;
        for (int at = 1; at < y.Length; at++)
        {
            before += y[at - 1];
            double after = total - before;
            double explained = (before * before / at) + (after * after / (y.Length - at));
            if (explained <= most) continue;
            (most, step) = (explained, at);
        }

        var shape = new double[y.Length];
        shape.AsSpan(step).Fill(1);
        return OfShape(CurveKind.Step, y, shape, parameters: 3, step);
    }

    // Least squares of a + b x.
    private static CurveShape OfShape(CurveKind kind, double[] y, double[] x, int parameters, int step = 0)
    {
        int n = y.Length;
        double meanX = x.Average(), meanY = y.Average(), both = 0, own = 0;
        for (int i = 0; i < n; i++)
        {
            both += (x[i] - meanX) * (y[i] - meanY);
            own += (x[i] - meanX) * (x[i] - meanX);
        }

        double slope = own == 0 ? 0 : both / own;
        var residuals = new double[n];
        double squares = 0;
        for (int i = 0; i < n; i++)
        {
            residuals[i] = y[i] - meanY - (slope * (x[i] - meanX));
            squares += residuals[i] * residuals[i];
        }

        double floor = (y.Max() - y.Min()) * Resolution;
        double variance = Math.Max(squares / n, floor * floor);
        return new CurveShape(kind, (n * Math.Log(Math.Max(variance, double.Epsilon))) + (parameters * Math.Log(n)), residuals, step);
    }
}

/// <summary>What points may lie on.</summary>
internal enum CurveKind
{
    Constant,
    Line,
    Root,
    Saturating,
    Step,
}
