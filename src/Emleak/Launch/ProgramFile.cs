namespace Emleak.Launch;

/// <summary>Finds a program as a shell does.</summary>
internal static class ProgramFile
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The path of a program that is given by its path or by a name to be found in PATH.</summary>
    /// <exception cref="EmleakException">There is none; the exit code is a shell's.</exception>
    public static string Find(string program)
    {
        string[] candidates = program.Contains('/', StringComparison.Ordinal)
            ? [program]
            : [.. (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':').Select(folder => Path.Combine(folder.Length == 0 ? "." : folder, program))];
        string? found = candidates.FirstOrDefault(IsExecutable);
        if (found is not null) return found;
        string? there = candidates.FirstOrDefault(Path.Exists);
        if (there is not null) throw new EmleakException(ExitCode.ProgramNotExecutable, $"{there} is not an executable file");
        throw new EmleakException(ExitCode.ProgramNotFound, $"there is no program '{program}'");
    }

    private static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != UnixFileMode.None;
}
