using Emleak.Recordings.Analysis;
using Emleak.Recordings.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Emleak.Recordings.Tests.Analysis;

/// <summary>Words for the stacks of a recording.</summary>
public sealed class GrowthAnalysisTests
{
    [Fact]
    public void Each_stack_and_the_process_get_their_word()
    {
        GrowthAnalysis growth = GrowthAnalysis.Of(Record(100, second => [1_000_000 + (second * 1000), 500_000, second < 40 ? 0 : 300_000, second % 7 * 1000]));
        Assert.Equal([GrowthWord.Growing, GrowthWord.Stable, GrowthWord.OneOff, GrowthWord.Stable], growth.Stacks.Select(verdict => verdict.Word));
        Assert.Equal(GrowthWord.Growing, growth.Process.Word);
        Assert.Equal([0], growth.Growing);
        Assert.Equal(3_600_000, growth.Stacks[0].BytesPerHour, 3_600_000 * 0.1);
        Assert.All(growth.Stacks, verdict => Assert.NotEmpty(verdict.Reason));
    }

    [Fact]
    public void What_comes_and_is_freed_at_the_end_is_freed_late() =>
        Assert.Equal(GrowthWord.FreedLate, GrowthAnalysis.Of(Record(200, second => [second < 180 ? second * 1000 : 500])).Stacks[0].Word);

    [Fact]
    public void Too_few_snapshots_are_too_early_and_it_is_said_when_there_will_be_enough()
    {
        GrowthVerdict early = GrowthAnalysis.Of(Record(8, second => [second * 1000])).Stacks[0];
        Assert.Equal(GrowthWord.TooEarly, early.Word);
        Assert.NotNull(early.KnownAt);
        int seconds = (int)(early.KnownAt.Value - Samples.Start).TotalSeconds;
        Assert.NotEqual(GrowthWord.TooEarly, GrowthAnalysis.Of(Record(seconds + 1, second => [second * 1000])).Stacks[0].Word);
        Assert.Equal(GrowthWord.TooEarly, GrowthAnalysis.Of(Record(0, _ => [])).Process.Word);
    }

    [Fact]
    public void Warming_up_is_no_growth()
    {
        Recording recording = Record(400, second => [second < 100 ? second * 10_000 : 1_000_000]);
        Assert.Equal(GrowthWord.Stable, GrowthAnalysis.Of(recording, Samples.Start.AddSeconds(101)).Stacks[0].Word);
        Assert.NotEqual(GrowthWord.Growing, GrowthAnalysis.Of(recording).Stacks[0].Word);
    }

    [Fact]
    public void Scaling_time_or_bytes_never_changes_the_word() => Prop.ForAll(
        Gen.Choose(0, 1 << 20).ArrayOf(GrowthJudge.MostBuckets).ToArbitrary(),
        Gen.Elements(2.0, 1024.0, 0.25).ToArbitrary(),
        static (values, scale) =>
        {
            double[] hours = [.. Enumerable.Range(0, values.Length).Select(i => (double)i)];
            double[] bytes = [.. values.Select((value, i) => value + (i * 50_000.0))];
            GrowthWord word = GrowthJudge.Judge(hours, bytes).Word;
            return word == GrowthJudge.Judge([.. hours.Select(hour => hour * scale)], bytes).Word
                && word == GrowthJudge.Judge(hours, [.. bytes.Select(value => value * scale)]).Word;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_forecast_has_an_interval_and_there_is_none_without_growth()
    {
        GrowthVerdict verdict = new() { Word = GrowthWord.Growing, Reason = "", BytesPerHour = 100, LowPerHour = 50, HighPerHour = 200 };
        Assert.Equal(new Forecast(1000, TimeSpan.FromHours(5), TimeSpan.FromHours(2.5), TimeSpan.FromHours(10)), Forecast.Of(verdict, limit: 1000, used: 500));
        Assert.Equal(TimeSpan.Zero, Forecast.Of(verdict, limit: 1000, used: 2000)!.In);
        Assert.Null(Forecast.Of(verdict with { LowPerHour = 0 }, 1000, 500));
        Assert.Null(Forecast.Of(verdict with { Word = GrowthWord.Stable }, 1000, 500));
        Assert.NotNull(Forecast.Of(verdict with { LowPerHour = 1e-300 }, long.MaxValue, 0));
    }

    [Fact]
    public void A_slope_is_the_median_of_all_slopes()
    {
        Trend trend = Trend.Fit([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0, 2, 4, 6, 8, 900, 12, 14, 16, 18, 20, 22]);
        Assert.Equal(2, trend.Slope);
        Assert.True(trend.IsUp);
        Assert.False(Trend.Fit([0, 1, 2], [5, 5, 5]).IsUp);
    }

    private static Recording Record(int seconds, Func<int, long[]> live)
    {
        RecordingBuilder recording = new(Samples.Header with { IntervalSeconds = 1 });
        for (int second = 1; second <= seconds; second++)
        {
            long[] values = live(second);
            for (int i = 0; i < values.Length; i++) recording.Set(recording.AddStack(i + 1, []), StackColumn.LiveBytes, values[i]);
            recording.TakeSnapshot(Samples.Start.AddSeconds(second));
        }

        return recording.Build();
    }
}
