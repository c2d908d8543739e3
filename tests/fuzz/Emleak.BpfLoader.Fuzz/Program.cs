using System.Diagnostics;
using System.Globalization;
using Emleak.BpfLoader.Fuzz;
using SharpFuzz;

// Emleak.BpfLoader.Fuzz TARGET                    under afl-fuzz, with the assemblies instrumented by the tool sharpfuzz
// Emleak.BpfLoader.Fuzz TARGET FILE...            these inputs
// Emleak.BpfLoader.Fuzz --random SECONDS [START]  damaged seeds of all targets, by numbers from START; 0 when nothing is found
return args switch
{
    ["--random", string seconds, .. string[] rest] => RunRandom(
        TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), rest is [string start] ? int.Parse(start, CultureInfo.InvariantCulture) : 1),
    [string name] when Find(name) is { } target => RunUnderFuzzer(target),
    [string name, .. string[] files] when Find(name) is { } target => RunFiles(target, files),
    _ => Usage(),
};

static FuzzTarget? Find(string name) => FuzzTargets.All.FirstOrDefault(target => target.Name == name);

static int RunUnderFuzzer(FuzzTarget target)
{
    Fuzzer.OutOfProcess.Run(stream =>
    {
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        target.Run(copy.GetBuffer().AsMemory(0, (int)copy.Length));
    });
    return 0;
}

static int RunFiles(FuzzTarget target, string[] files)
{
    foreach (string file in files) target.Run(File.ReadAllBytes(file));
    return 0;
}

static int RunRandom(TimeSpan time, int start)
{
    TimeSpan tooLong = TimeSpan.FromSeconds(5);
    long began = Stopwatch.GetTimestamp();
    int number = start;
    int found = 0;
    for (; Stopwatch.GetElapsedTime(began) < time; number++)
    {
        FuzzTarget target = FuzzTargets.All[number % FuzzTargets.All.Count];
        IReadOnlyList<string> seeds = Seeds.Of(target);
        string seed = seeds[number / FuzzTargets.All.Count % seeds.Count];
        byte[] input = Mutation.Of(Seeds.Read(seed), number);
        long runStarted = Stopwatch.GetTimestamp();
        try
        {
            target.Run(input);
            if (Stopwatch.GetElapsedTime(runStarted) < tooLong) continue;
            throw new TimeoutException($"takes {Stopwatch.GetElapsedTime(runStarted)}");
        }
#pragma warning disable CA1031 // Whatever it is, it is a find.
        catch (Exception e)
#pragma warning restore CA1031
        {
            found++;
            string file = $"{target.Name}-{number}.bin";
            File.WriteAllBytes(file, input);
            Console.WriteLine($"{file} ({seed}): {e}");
        }
    }

    Console.WriteLine($"{number - start} inputs, {found} finds");
    return found == 0 ? 0 : 1;
}

static int Usage()
{
    Console.Error.WriteLine("usage: Emleak.BpfLoader.Fuzz TARGET [FILE...] | --random SECONDS [START]; targets: "
        + string.Join(", ", FuzzTargets.All.Select(static target => target.Name)));
    return 2;
}
