using System.Diagnostics;
using System.Globalization;
using SharpFuzz;

namespace Emleak.Fuzzing;

/// <summary>
/// What a fuzzing program does.
/// <code>
/// PROGRAM TARGET                    under afl-fuzz, with the assemblies instrumented by the tool sharpfuzz
/// PROGRAM TARGET FILE...            these inputs
/// PROGRAM --random SECONDS [START]  damaged seeds of all targets, by numbers from START; 0 when nothing is found
/// </code>
/// </summary>
public static class FuzzProgram
{
    /// <summary>Does what the arguments ask for, and gives the exit code.</summary>
    public static int Run(FuzzSuite suite, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(suite);
        return arguments switch
        {
            ["--random", string seconds, .. string[] rest] => RunRandom(
                suite, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), rest is [string start] ? int.Parse(start, CultureInfo.InvariantCulture) : 1),
            [string name] when suite.Find(name) is { } target => RunUnderFuzzer(target),
            [string name, .. string[] files] when suite.Find(name) is { } target => RunFiles(target, files),
            _ => Usage(suite),
        };
    }

    private static int RunUnderFuzzer(FuzzTarget target)
    {
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            target.Run(copy.GetBuffer().AsMemory(0, (int)copy.Length));
        });
        return 0;
    }

    private static int RunFiles(FuzzTarget target, string[] files)
    {
        foreach (string file in files) target.Run(File.ReadAllBytes(file));
        return 0;
    }

    private static int RunRandom(FuzzSuite suite, TimeSpan time, int start)
    {
        long began = Stopwatch.GetTimestamp();
        int number = start;
        int found = 0;
        for (; Stopwatch.GetElapsedTime(began) < time; number++)
        {
            FuzzTarget target = suite.Targets[number % suite.Targets.Count];
            IReadOnlyList<string> seeds = suite.Seeds.Of(target);
            string seed = seeds[number / suite.Targets.Count % seeds.Count];
            byte[] input = Mutation.Of(suite.Seeds.Read(seed), number);
            if (WhatIsWrong(target, input) is not string wrong) continue;
            found++;
            string file = $"{target.Name}-{number}.bin";
            File.WriteAllBytes(file, input);
            Console.WriteLine($"{file} ({seed}): {wrong}");
        }

        Console.WriteLine($"{number - start} inputs, {found} finds");
        return found == 0 ? 0 : 1;
    }

    private static string? WhatIsWrong(FuzzTarget target, byte[] input)
    {
        TimeSpan tooLong = TimeSpan.FromSeconds(5);
        long began = Stopwatch.GetTimestamp();
        try
        {
            target.Run(input);
        }
#pragma warning disable CA1031 // Whatever it is, it is a find.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e.ToString();
        }

        TimeSpan taken = Stopwatch.GetElapsedTime(began);
        return taken < tooLong ? null : $"takes {taken}";
    }

    private static int Usage(FuzzSuite suite)
    {
        Console.Error.WriteLine("usage: PROGRAM TARGET [FILE...] | --random SECONDS [START]; targets: "
            + string.Join(", ", suite.Targets.Select(static target => target.Name)));
        return 2;
    }
}
