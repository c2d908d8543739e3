using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;

namespace Emleak.Tests.Support;

/// <summary>The programs of tests/workloads, each compiled once.</summary>
internal static class Workloads
{
    private const string FramePointers = "-fno-omit-frame-pointer";

    private static readonly ConcurrentDictionary<string, Lazy<string>> Compiled = new(StringComparer.Ordinal);
    private static readonly Lazy<string> Folder = new(MakeFolder);

    /// <summary>The folder of the sources.</summary>
    public static string Sources { get; } = typeof(Workloads).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Workloads").Value!;

    /// <summary>The path of the executable made from tests/workloads/NAME.c, or NAME itself if it says the language.</summary>
    public static string Compile(string name) => CompileWith(name, FramePointers);

    /// <summary>The same, compiled with other options, separated by spaces; "musl" among them is for that C library.</summary>
    public static string CompileWith(string name, string options) =>
        Compiled.GetOrAdd($"{name} {options}", _ => new(() => Build(name, options))).Value;

    /// <summary>The same under a name that no other test uses, for those that look for a process by its name.</summary>
    public static string Compile(string name, string uniqueName, string options = FramePointers)
    {
        string program = Path.Combine(Folder.Value, uniqueName);
        File.Copy(CompileWith(name, options), program);
        return program;
    }

    /// <summary>The path of the object made from a BPF program of tests/workloads, in a folder.</summary>
    public static string CompileProgram(string source, string folder)
    {
        string compiled = Path.Combine(folder, Path.ChangeExtension(source, ".o"));
        string[] arguments =
        [
            "-target", "bpf", "-mcpu=v2", "-D__TARGET_ARCH_x86", "-g", "-O2", "-I", Path.Combine(Sources, "../../bpf"),
            "-c", Path.Combine(Sources, source), "-o", compiled,
        ];
        using Process clang = Process.Start("clang-19", arguments);
        clang.WaitForExit();
        Assert.Equal(0, clang.ExitCode);
        return compiled;
    }

    private static string Build(string name, string options)
    {
        // Names of processes stay what the tests call them, whatever the options.
        string program = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder.Value, Slug(options))).FullName, name);
        string source = Path.Combine(Sources, Path.HasExtension(name) ? name : name + ".c");
        List<string> words = [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        string compiler = Path.GetExtension(name) switch { ".cpp" => "g++", ".rs" => "rustc", _ => "gcc" };
        if (words.Remove("musl")) compiler = "musl-gcc";
        string[] arguments = compiler == "rustc"
            ? ["-g", .. words, "-o", program, source]
            : ["-O2", "-g", .. words, "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program, source];
        using Process gcc = Process.Start(new ProcessStartInfo(compiler, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        Assert.True(gcc.ExitCode == 0, errors);
        return program;
    }

    private static string Slug(string options) => string.Concat(options.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string MakeFolder()
    {
        string folder = Directory.CreateTempSubdirectory("emleak-workloads-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
