using System.Text;

namespace Emleak.Symbols.Process;

/// <summary>Where a process puts files that need not last: <c>TMPDIR</c> for .NET, always <c>/tmp</c> for others.</summary>
internal static class TemporaryFolders
{
    private const string Usual = "/tmp";
    private const string Variable = "TMPDIR=";

    // A process may point the kernel at any part of its memory (prctl(2), PR_SET_MM_MAP).
    private const int MostBytes = 1 << 20;

    /// <summary>The folders as the process sees them, without a slash at the end.</summary>
    public static IReadOnlyList<string> Of(int pid) => ReadVariable(pid) is { } own ? [own, Usual] : [Usual];

    private static string? ReadVariable(int pid)
    {
        try
        {
            string? variable = ReadEnvironment(pid).Split('\0').FirstOrDefault(word => word.StartsWith(Variable, StringComparison.Ordinal));
            string? folder = variable?[Variable.Length..].TrimEnd('/');
            return folder is ['/', ..] && folder != Usual ? folder : null;
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }

    private static string ReadEnvironment(int pid)
    {
        using FileStream environment = new($"/proc/{pid}/environ", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] bytes = new byte[MostBytes];
        return Encoding.UTF8.GetString(bytes, 0, environment.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }
}
