namespace Emleak.Recordings.Analysis;

/// <summary>When growing memory meets a limit.</summary>
/// <param name="Limit">The limit, in bytes.</param>
/// <param name="In">How long from now it takes at the present rate.</param>
/// <param name="Earliest">At the upper end of the rate's interval.</param>
/// <param name="Latest">At its lower end.</param>
public sealed record Forecast(long Limit, TimeSpan In, TimeSpan Earliest, TimeSpan Latest)
{
    // Nobody waits for longer, and TimeSpan ends somewhere.
    private const double MostHours = 24 * 365 * 100;

    /// <summary>The time until a limit.</summary>
    /// <param name="verdict">How the memory grows.</param>
    /// <param name="limit">The limit, in bytes.</param>
    /// <param name="used">What is used of it now.</param>
    /// <returns>Null when it does not grow, or might not: then there is no time to tell.</returns>
    public static Forecast? Of(GrowthVerdict verdict, long limit, long used)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        if (verdict.Word != GrowthWord.Growing || !(verdict.LowPerHour > 0)) return null;
        double left = Math.Max(0, (double)limit - used);
        return new Forecast(limit, After(verdict.BytesPerHour), After(verdict.HighPerHour), After(verdict.LowPerHour));

        TimeSpan After(double rate) => TimeSpan.FromHours(Math.Min(MostHours, left / rate));
    }
}
