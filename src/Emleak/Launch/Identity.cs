using System.Globalization;

namespace Emleak.Launch;

/// <summary>As whom a program is started.</summary>
/// <param name="User">The user's number.</param>
/// <param name="Group">The main group.</param>
/// <param name="Groups">The other groups.</param>
internal sealed record Identity(uint User, uint Group, IReadOnlyList<uint> Groups)
{
    /// <summary>The user who called sudo, with the groups that he or she has; null when it was not called.</summary>
    public static Identity? OfSudoCaller()
    {
        if (!TryReadVariable("SUDO_UID", out uint user) || !TryReadVariable("SUDO_GID", out uint group)) return null;
        return new Identity(user, group, GroupsOfCaller(user) ?? [group]);
    }

    /// <summary>In one word, for a command line.</summary>
    public override string ToString() =>
        string.Join(',', ((uint[])[User, Group, .. Groups]).Select(number => number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads that word.</summary>
    public static Identity Parse(string word)
    {
        uint[] numbers = [.. word.Split(',').Select(number => uint.Parse(number, CultureInfo.InvariantCulture))];
        return new Identity(numbers[0], numbers[1], numbers[2..]);
    }

    private static bool TryReadVariable(string name, out uint value) =>
        uint.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out value);

    // The caller's own shell, or whatever it is, has them: wherever the system keeps its groups.
    private static uint[]? GroupsOfCaller(uint user)
    {
        int pid = Environment.ProcessId;
        while (pid > 1)
        {
            int parent = 0;
            uint? owner = null;
            uint[] groups = [];
            try
            {
                foreach (string line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")))
                {
                    string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                    if (words[0] == "PPid:") parent = int.Parse(words[1], CultureInfo.InvariantCulture);
                    else if (words[0] == "Uid:") owner = uint.Parse(words[1], CultureInfo.InvariantCulture);
                    else if (words[0] == "Groups:") groups = [.. words.Skip(1).Select(word => uint.Parse(word, CultureInfo.InvariantCulture))];
                }
            }
            catch (IOException)
            {
                return null;
            }

            if (owner == user) return groups;
            pid = parent;
        }

        return null;
    }
}
