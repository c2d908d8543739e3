using System.Runtime.InteropServices;

namespace Emleak.Recordings.Analysis;

/// <summary>A straight line through points, robust against outliers: the median of the slopes between all pairs (Theil 1950, Sen 1968), and between which slopes the true one lies.</summary>
/// <param name="Slope">The slope.</param>
/// <param name="Low">Lower end of its confidence interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Start">The line's value at 0.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Trend(double Slope, double Low, double High, double Start)
{
    // Two-sided 99 %.
    private const double Confidence = 2.576;

    /// <summary>True when the interval lies above 0.</summary>
    public bool IsUp => Low > 0;

    /// <summary>True when the interval lies below 0.</summary>
    public bool IsDown => High < 0;

    /// <summary>Fits a line.</summary>
    /// <param name="times">Ascending.</param>
    /// <param name="values">As many.</param>
    /// <param name="inflation">By how much serial correlation widens the variance of Kendall's S (Hamed and Rao 1998); 1 for none.</param>
    public static Trend Fit(ReadOnlySpan<double> times, ReadOnlySpan<double> values, double inflation = 1)
    {
        int n = values.Length;
        if (n < 2) return new Trend(0, double.NegativeInfinity, double.PositiveInfinity, n == 0 ? 0 : values[0]);
        var slopes = new double[n * (n - 1) / 2];
        int next = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = i + 1; j < n; j++) slopes[next++] = (values[j] - values[i]) / (times[j] - times[i]);
        }

        Array.Sort(slopes);
        double slope = Median(slopes);
        double reach = Confidence * Math.Sqrt(VarianceOfS(values) * inflation);
        int low = (int)Math.Floor((slopes.Length - reach) / 2);
        int high = (int)Math.Ceiling((slopes.Length + reach) / 2);
        var offsets = new double[n];
        for (int i = 0; i < n; i++) offsets[i] = values[i] - (slope * times[i]);
        Array.Sort(offsets);
        return new Trend(
            slope, low < 0 ? double.NegativeInfinity : slopes[low], high >= slopes.Length ? double.PositiveInfinity : slopes[high], Median(offsets));
    }

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    // Kendall's, with the correction for equal values.
    private static double VarianceOfS(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        double sum = Weight(sorted.Length);
        for (int i = 0, run = 1; i < sorted.Length; i++, run++)
        {
            if (i + 1 < sorted.Length && sorted[i + 1] == sorted[i]) continue;
            sum -= Weight(run);
            run = 0;
        }

        return Math.Max(sum / 18, 0);

        static double Weight(double n) => n * (n - 1) * ((2 * n) + 5);
    }
}
