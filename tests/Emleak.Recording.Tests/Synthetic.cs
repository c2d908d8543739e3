using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests;

/// <summary>Recordings of any size, the same each time.</summary>
internal static class Synthetic
{
    /// <summary>As many stacks of some depth, as a program's call tree has them: near the outermost frame they share most.</summary>
    public static RecordingBuilder WithStacks(int count, int depth)
    {
        const int Functions = 4000;
        RecordingBuilder recording = new(Samples.Header);
        int module = recording.AddModule(new Module { Path = "/opt/large" });
        var frames = new int[Functions];
        for (int i = 0; i < Functions; i++)
        {
            int function = recording.AddFunction(new Function(string.Create(CultureInfo.InvariantCulture, $"_ZN5large6module{i % 97}8function{i}Ev")));
            frames[i] = recording.AddFrame(new Frame
            {
                Address = 0x400000 + (ulong)(i * 64), Module = module, ModuleAddress = (ulong)(i * 64), Function = function, FunctionOffset = 16, File = $"src/file{i % 200}.cc", Line = 1 + (i % 900),
            });
        }

        Random random = new(4711);
        List<int> path = [.. Enumerable.Range(0, depth).Select(_ => frames[random.Next(Functions)])];
        for (int id = 1; id <= count; id++)
        {
            // Innermost first: five frames differ from the stack before.
            for (int i = 0; i < Math.Min(5, depth); i++) path[i] = frames[random.Next(Functions)];
            if (id % 100 == 0) path[random.Next(depth)] = frames[random.Next(Functions)];
            recording.AddStack(id, path);
        }

        return recording;
    }

    /// <summary>The largest recording that there may be, as a file.</summary>
    public static byte[] Largest()
    {
        const int Stacks = 65_535;
        RecordingBuilder recording = WithStacks(Stacks, depth: 20);
        Random random = new(512);
        for (int number = 0; number < SnapshotThinning.MaxSnapshots; number++)
        {
            for (int i = 0; i < Stacks / 10; i++)
            {
                int stack = number == 0 ? i * 10 : random.Next(Stacks);
                recording.Set(stack, StackColumn.LiveBytes, random.Next(1 << 20));
                recording.Set(stack, StackColumn.LiveBlocks, random.Next(1 << 10));
            }

            recording.TakeSnapshot(Samples.Start.AddSeconds(number), new ProcessNumbers { Rss = 1 << 28, Anonymous = 1 << 27 });
        }

        return Samples.Write(recording.Build());
    }
}
