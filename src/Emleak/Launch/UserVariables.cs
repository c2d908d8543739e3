using System.Globalization;

namespace Emleak.Launch;

/// <summary>The environment variables that say who the user is, as <c>sudo -u</c> and <c>su</c> set them; everything else stays as it is.</summary>
internal static class UserVariables
{
    private const string Accounts = "/etc/passwd";
    private const string UsualShell = "/bin/sh";

    // passwd(5): name, password, user, group, comment, home, shell.
    private const int FieldCount = 7;

    /// <summary>The variables of a user; a null value for one that must not be there.</summary>
    public static IEnumerable<(string Name, string? Value)> Of(uint user) => Of(user, ReadAccounts(), Environment.GetEnvironmentVariable);

    /// <summary>The same from an account file and an environment.</summary>
    /// <param name="user">The user.</param>
    /// <param name="accounts">The lines of passwd(5).</param>
    /// <param name="variable">Reads the environment: what sudo says about a user whose account is elsewhere.</param>
    public static IEnumerable<(string Name, string? Value)> Of(uint user, IEnumerable<string> accounts, Func<string, string?> variable)
    {
        string number = user.ToString(CultureInfo.InvariantCulture);
        string[]? account = accounts.Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length == FieldCount && fields[2] == number);
        bool isCaller = variable("SUDO_UID") == number;
        string? name = account?[0] ?? (isCaller ? variable("SUDO_USER") : null);

        // SUDO_HOME is there since sudo 1.9.16. Without a home it is better to have none than root's.
        yield return ("HOME", NonEmpty(account?[5]) ?? (isCaller ? variable("SUDO_HOME") : null));
        yield return ("USER", name);
        yield return ("LOGNAME", name);
        yield return ("SHELL", NonEmpty(account?[6]) ?? UsualShell);

        // Root's mailbox.
        yield return ("MAIL", null);
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string[] ReadAccounts()
    {
        try
        {
            return File.ReadAllLines(Accounts);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
