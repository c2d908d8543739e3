using Emleak.Recordings.Fuzz;

namespace Emleak.Recordings.Tests;

/// <summary>The inputs that fuzzing starts from and those that it once found, and the same damaged ones each time.</summary>
public sealed class FuzzSeedTests
{
    private const int Rounds = 3_000;

    public static TheoryData<string> Targets => [.. FuzzTargets.Suite.Targets.Select(static target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_seed_ends_with_a_result_or_an_error_of_the_reader(string name) => Assert.NotEqual(0, FuzzTargets.Suite.RunSeeds(name));

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_damaged_seed_ends_with_a_result_or_an_error_of_the_reader(string name) => Assert.Null(FuzzTargets.Suite.RunDamaged(name, Rounds));
}
