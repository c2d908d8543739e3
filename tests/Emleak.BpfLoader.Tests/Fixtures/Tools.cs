using System.Diagnostics;

namespace Emleak.BpfLoader.Tests.Fixtures;

/// <summary>The compilers and inspectors that tests compare with.</summary>
internal static class Tools
{
    /// <summary>Compiles BPF C, given as text, and returns the object file.</summary>
    /// <param name="source">The C text.</param>
    /// <param name="options">Further options of clang.</param>
    /// <param name="strip">True to leave out DWARF, which BPF loaders do not read; BTF stays.</param>
    /// <param name="headers">Files that the text includes, by name.</param>
    public static byte[] CompileBpf(string source, string options = "-O2 -mcpu=v2", bool strip = false, IReadOnlyDictionary<string, string>? headers = null)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-test-").FullName;
        try
        {
            string file = Path.Combine(folder, "test.bpf.c");
            File.WriteAllText(file, source);
            foreach ((string name, string text) in headers ?? new Dictionary<string, string>(StringComparer.Ordinal)) File.WriteAllText(Path.Combine(folder, name), text);
            Run("clang-19", $"-target bpf -g {options} -Wall -Wno-unused -Wno-visibility -c {file} -o {folder}/test.o");
            if (strip) Run("llvm-strip-19", $"-g {folder}/test.o");
            return File.ReadAllBytes(Path.Combine(folder, "test.o"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs a program and returns what it wrote.</summary>
    public static string Run(string program, string arguments) => Run(new ProcessStartInfo(program, arguments));

    /// <summary>Runs a shell's script and returns what it wrote.</summary>
    public static string RunScript(string shell, string script) => Run(new ProcessStartInfo(shell, ["-c", script]));

    private static string Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{start.FileName} {start.Arguments}{string.Join(' ', start.ArgumentList)}: {errors.Result}");
        return text;
    }
}
