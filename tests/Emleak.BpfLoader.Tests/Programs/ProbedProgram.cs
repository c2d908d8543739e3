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

    public ProbedProgram()
    {
        string source = System.IO.Path.Combine(_folder, "probed.c");
        File.WriteAllText(source, Source);
        Path = System.IO.Path.Combine(_folder, "probed");
        Tools.Run("gcc", $"-O1 -o {Path} {source}");
        Offset = FindOffset(Path, "probed");
    }

    public string Path { get; }

    /// <summary>Where <c>probed</c> starts in the file.</summary>
    public ulong Offset { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ulong FindOffset(string path, string function)
    {
        using ElfImage image = ElfImage.Open(path);
        ElfSymbolTable symbols = image.Symbols;
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            if (symbols.GetNameString(symbol) != function) continue;
            Assert.True(image.TryGetFileOffset(symbol.Value, out ulong offset));
            return offset;
        }

        throw new InvalidOperationException($"{path} has no function {function}");
    }
}
