using System.Diagnostics;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>How the files name a C++ program's functions, and the calls that were inlined in them.</summary>
public sealed class NamesTests
{
    private const string Source = """
        #include <cstdio>
        #include <cstdlib>
        #include <unistd.h>
        namespace app {
        struct Cache {
            void *last;
            __attribute__((noinline)) void put(int bytes);
        };
        inline __attribute__((always_inline)) void *fetch(int bytes) { return malloc(bytes); }
        void Cache::put(int bytes) { last = fetch(bytes); __asm__ volatile("" ::: "memory"); }
        }
        int main()
        {
            char line[8];
            app::Cache cache;
            puts("ready"); fflush(stdout);
            read(0, line, sizeof line);
            for (int i = 0; i < 10; i++) cache.put(77);
            puts("done"); fflush(stdout);
            read(0, line, sizeof line);
        }
        """;

    [Theory]
    [InlineData(null, "_ZN3app5Cache3putEi", "app::Cache::put(int)", "app::fetch(int)_[i]")]
    [InlineData("short", "app::Cache::put", "app::Cache::put", "app::fetch_[i]")]
    [InlineData("full", "app::Cache::put(int)", "app::Cache::put(int)", "app::fetch(int)_[i]")]
    [InlineData("none", "_ZN3app5Cache3putEi", "_ZN3app5Cache3putEi", "_ZN3app5fetchEi_[i]")]
    public void Names_are_as_asked_for_and_inlined_calls_are_marked(string? style, string original, string folded, string inlined)
    {
        using TestFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "names.cc"), Source);
        using (Process compiler = Process.Start(new ProcessStartInfo("g++", ["-g", "-O2", "-w", "-o", "names", "names.cc"]) { WorkingDirectory = folder.Path })!)
        {
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        using RunningProcess target = new(Path.Combine(folder.Path, "names"), [], folder.Path);
        target.WaitForLine("ready");
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, style is null ? [] : ["--demangle", style]);
        target.SendLine();
        target.WaitForLine("done");
        target.CloseInput();
        Assert.Equal(0, emleak.WaitForExit());
        string files = Assert.Single(Directory.GetDirectories(folder.Path, "mleak_pid*"));
        Assert.Contains($"770 bytes allocated at callstack id", File.ReadAllText(Path.Combine(files, "mleakstacks.txt")), StringComparison.Ordinal);
        Assert.Contains($"\t{original}+0x", File.ReadAllText(Path.Combine(files, "mleakstacks.txt")), StringComparison.Ordinal);
        Assert.Contains($";{folded};{inlined} 770\n", File.ReadAllText(Path.Combine(files, "out.stacks")), StringComparison.Ordinal);
        string source = Path.Combine(folder.Path, "names.cc");
        Assert.Matches(
            $"""
            (?m)^770 bytes in 10 blocks at callstack id [0-9]+:
            \t{Regex.Escape(inlined[..^4])} at {Regex.Escape(source)}:9:[0-9]+ \(inlined\)
            \t{Regex.Escape(folded)}\+0x[0-9a-f]+ at {Regex.Escape(source)}:10:[0-9]+ in {Regex.Escape(Path.Combine(folder.Path, "names"))}
            \tmain\+0x[0-9a-f]+ at {Regex.Escape(source)}:18:[0-9]+ in {Regex.Escape(Path.Combine(folder.Path, "names"))}
            \t.*__libc_start_call_main\+0x
            """,
            File.ReadAllText(Path.Combine(files, "out.sources")));
    }
}
