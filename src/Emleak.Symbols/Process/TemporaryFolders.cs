namespace Emleak.Symbols.Process;

/// <summary>Where a process puts files that need not last: <c>TMPDIR</c> for .NET, always <c>/tmp</c> for others.</summary>
internal static class TemporaryFolders
{
    private const string Usual = "/tmp";
    private const string Variable = "TMPDIR=";

    /// <summary>The folders as the process sees them, without a slash at the end.</summary>
    public static IReadOnlyList<string> Of(int pid) => ReadVariable(pid) is { } own ? [own, Usual] : [Usual];

    private static string? ReadVariable(int pid)
    {
        try
        {
            string? variable = File.ReadAllText($"/proc/{pid}/environ").Split('\0').FirstOrDefault(word => word.StartsWith(Variable, StringComparison.Ordinal));
            string? folder = variable?[Variable.Length..].TrimEnd('/');
            return folder is ['/', ..] && folder != Usual ? folder : null;
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }
}
