using Emleak.BpfLoader.Fuzz;

namespace Emleak.BpfLoader.Tests.Object;

/// <summary>The inputs that fuzzing starts from and those that it once found, and the same ten thousand damaged ones each time.</summary>
public sealed class FuzzSeedTests
{
    private const int Rounds = 2_500;

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(static target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_seed_ends_with_a_result_or_an_error_of_the_reader(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(one => one.Name == name);
        Assert.NotEmpty(Seeds.Of(target));
        foreach (string seed in Seeds.Of(target)) target.Run(Seeds.Read(seed));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_damaged_seed_ends_with_a_result_or_an_error_of_the_reader(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(one => one.Name == name);
        IReadOnlyList<string> seeds = Seeds.Of(target);
        for (int number = 0; number < Rounds; number++)
        {
            byte[] input = Mutation.Of(Seeds.Read(seeds[number % seeds.Count]), number);
            if (Record.Exception(() => target.Run(input)) is { } wrong) Assert.Fail($"{name}, mutation {number}: {wrong}");
        }
    }
}
