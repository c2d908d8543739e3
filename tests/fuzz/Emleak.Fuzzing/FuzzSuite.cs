namespace Emleak.Fuzzing;

/// <summary>All targets of one library, and what to feed them.</summary>
/// <param name="Targets">The readers.</param>
/// <param name="Seeds">Their inputs.</param>
public sealed record FuzzSuite(IReadOnlyList<FuzzTarget> Targets, Seeds Seeds)
{
    /// <summary>The target of this name, or null.</summary>
    public FuzzTarget? Find(string name) => Targets.FirstOrDefault(target => target.Name == name);

    /// <summary>Runs a target on its seeds as they are. Throws what it must not throw.</summary>
    /// <returns>How many seeds there are.</returns>
    public int RunSeeds(string name)
    {
        FuzzTarget target = Find(name)!;
        IReadOnlyList<string> seeds = Seeds.Of(target);
        foreach (string seed in seeds) target.Run(Seeds.Read(seed));
        return seeds.Count;
    }

    /// <summary>Runs a target on damaged seeds, always the same ones.</summary>
    /// <param name="name">The target.</param>
    /// <param name="rounds">How many.</param>
    /// <returns>What is wrong with the first that ends wrongly, or null.</returns>
    public string? RunDamaged(string name, int rounds)
    {
        FuzzTarget target = Find(name)!;
        byte[][] seeds = [.. Seeds.Of(target).Select(Seeds.Read)];
        for (int number = 0; number < rounds; number++)
        {
            byte[] input = Mutation.Of(seeds[number % seeds.Length], number);
            try
            {
                target.Run(input);
            }
#pragma warning disable CA1031 // Whatever it is, it is a find.
            catch (Exception wrong)
#pragma warning restore CA1031
            {
                return $"{name}, mutation {number}: {wrong}";
            }
        }

        return null;
    }
}
