using System.Globalization;
using System.Text;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>
/// What emleak did on real kernels: eng/kernels.sh boots them, eng/kernels/init runs the checks there, and here what it wrote is
/// compared with what the workloads said they hold.
/// </summary>
public sealed class KernelTests
{
    private static readonly string? Runs = Environment.GetEnvironmentVariable("EMLEAK_KERNEL_RUNS");
    private static readonly string[] Machines = (Environment.GetEnvironmentVariable("EMLEAK_KERNEL_MACHINES") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static readonly IReadOnlyList<KernelCheck> Checks = ReadChecks();

    public static TheoryData<string, string> All { get; } = new(
        from machine in Machines
        from check in Checks
        select (machine, check.Name));

    /// <summary>Without eng/kernels.sh there is nothing to look at.</summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public void A_kernel_gives_what_the_workload_holds(string machine, string check) => Assert.Equal("ok", Look(machine, check));

    /// <summary>The table of all results: a row for each check, a column for each machine.</summary>
    [Fact]
    public void Table()
    {
        if (Runs is null) Assert.Skip("eng/kernels.sh has not run");
        StringBuilder table = new();
        table.AppendLine(CultureInfo.InvariantCulture, $"| check | {string.Join(" | ", Machines)} |");
        table.AppendLine(CultureInfo.InvariantCulture, $"| --- |{string.Concat(Enumerable.Repeat(" --- |", Machines.Length))}");
        foreach (KernelCheck check in Checks)
        {
            IEnumerable<string> results = Machines.Select(machine => Look(machine, check.Name) == "ok" ? "ok" : "**fails**");
            table.AppendLine(CultureInfo.InvariantCulture, $"| {check.Name} | {string.Join(" | ", results)} |");
        }

        File.WriteAllText(Path.Combine(Runs, "table.md"), table.ToString());
    }

    /// <summary>"ok", or what is wrong.</summary>
    private static string Look(string machine, string name)
    {
        try
        {
            return Compare(machine, name);
        }
        catch (Exception problem) when (problem is Xunit.Sdk.XunitException or IOException)
        {
            // Files that are not as the formats are.
            return problem.Message;
        }
    }

    private static string Compare(string machine, string name)
    {
        KernelCheck check = Checks.Single(one => one.Name == name);
        string folder = Path.Combine(Runs!, machine.Replace('/', '-'), name);
        if (!File.Exists(Path.Combine(folder, "exit"))) return "it did not run to its end";
        int code = int.Parse(File.ReadAllText(Path.Combine(folder, "exit")), CultureInfo.InvariantCulture);
        string errors = File.ReadAllText(Path.Combine(folder, "emleak.err"));
        if (code != check.ExitCode) return $"emleak ended with {code}: {errors}";
        if (check.ExitCode != 0) return errors.StartsWith("emleak: ", StringComparison.Ordinal) ? "ok" : $"it does not say why: {errors}";

        if (Complaints(machine) is string complaint) return complaint;
        string[] outputs = Directory.GetDirectories(folder, "mleak_pid*");
        if (outputs.Length != 1) return $"{outputs.Length} output folders";
        IReadOnlyList<Hold> truth = Hold.ReadFrom(File.ReadAllText(Path.Combine(folder, "workload.out")));
        if (truth.Count == 0) return "the workload did not say what it holds";
        // The C library's allocator maps memory for its own books when a thread's first call is `free`.
        Hold[] said = [.. new TraceFiles(outputs[0]).HoldsFrom(check.Outermost).Where(hold => !hold.Path.Contains(";free;", StringComparison.Ordinal))];
        return truth.SequenceEqual(said) ? "ok" : $"held:\n{Lines(truth)}\nsaid:\n{Lines(said)}\n{errors}";
    }

    // What the kernel itself said of bugs, breakpoints left behind, or programs that crashed. Its warnings are about itself: 5.10 on arm64
    // has one in its verifier (kernel/bpf/verifier.c, bpf_check), and goes on.
    private static string? Complaints(string machine)
    {
        string file = Path.Combine(Runs!, machine.Replace('/', '-'), "complaints");
        string[] lines = File.Exists(file)
            ? [.. File.ReadLines(file).Where(line => !line.Contains("WARNING", StringComparison.Ordinal) && !line.Contains("Call Trace", StringComparison.Ordinal))]
            : [];
        return lines.Length == 0 ? null : $"the kernel complains: {lines[0]}";
    }

    private static string Lines(IEnumerable<Hold> holds) => string.Join('\n', holds.Select(hold => $"  {hold.Path} {hold.Bytes} {hold.Count}"));

    private static List<KernelCheck> ReadChecks()
    {
        string file = Path.Combine(Workloads.Sources, "..", "..", "eng", "kernels", "checks");
        List<KernelCheck> checks = [];
        foreach (string line in File.ReadLines(file))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 4 || words[0].StartsWith('#')) continue;
            // What is set on the machine first comes before a plus.
            string how = words[1].Split('+')[^1];
            checks.Add(new KernelCheck(words[0], int.TryParse(how, CultureInfo.InvariantCulture, out int code) && code > 0 ? code : 0, words[3]));
        }

        return checks;
    }

    private sealed record KernelCheck(string Name, int ExitCode, string Outermost);
}
