using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>The program of <see cref="ProbedProcess"/>, compiled into a folder of its own.</summary>
internal sealed class ProbedProgram : IDisposable
{
    private const string Source = """
        #include <stdio.h>
        /* Starts with a nop, which the kernel emulates: ten times cheaper than stepping over other instructions. */
        __attribute__((noinline, noclone, patchable_function_entry(1))) long probed(long value)
        {
            __asm__ volatile("" ::: "memory");
            return value * 3;
        }
        int main(void)
        {
            long times, next = 0;
            puts("ready");
            fflush(stdout);
            while (scanf("%ld", &times) == 1) {
                for (long i = 0; i < times; i++)
                    probed(next++);
                puts("done");
                fflush(stdout);
            }
            return 0;
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("emleak-probed-").FullName;

    public ProbedProgram(string text = Source)
    {
        string source = System.IO.Path.Combine(_folder, "probed.c");
        File.WriteAllText(source, text);
        Path = System.IO.Path.Combine(_folder, "probed");
        Tools.Run("gcc", $"-O1 -pthread -o {Path} {source}");
        Offset = OffsetOf("probed");
    }

    public string Path { get; }

    /// <summary>Where <c>probed</c> starts in the file.</summary>
    public ulong Offset { get; }

    /// <summary>Where a function starts in the file.</summary>
    public ulong OffsetOf(string function) => OffsetsOf(name => name == function).Values.Single();

    /// <summary>Functions by name, and where they start in the file.</summary>
    public Dictionary<string, ulong> OffsetsOf(Func<string, bool> isWanted)
    {
        using ElfImage image = ElfImage.Open(Path);
        ElfSymbolTable symbols = image.Symbols;
        Dictionary<string, ulong> found = [];
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            string name = symbols.GetNameString(symbol);
            if (!isWanted(name)) continue;
            Assert.True(image.TryGetFileOffset(symbol.Value, out ulong offset));
            found.Add(name, offset);
        }

        return found;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
