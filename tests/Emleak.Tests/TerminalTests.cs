using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary><c>emleak run</c> at a terminal and in scripts: the program finds what it would find without emleak.</summary>
public sealed class TerminalTests
{
    private const string Interrupt = "\x03";
    private const string Suspend = "\x1a";

    private static string Emleak => Path.Combine(AppContext.BaseDirectory, "emleak");

    [Fact]
    public void A_program_has_the_terminal_to_itself_and_the_shell_its_job()
    {
        using TestFolder folder = new();
        using RunningProcess shell = new("script", ["--quiet", "--command", "bash --noprofile --norc --noediting -i", "/dev/null"], folder.Path);
        // The first prompt may come after that was typed: a line of its own.
        shell.Send("PS1=; stty -echo rows 45 columns 123; echo\n");
        shell.Send($"{Emleak} run -- {Workloads.Compile("terminal")} 2>&1\n");
        string[] words = shell.WaitForLine("process ").Split(' ');
        int pid = int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture);
        string terminal = words[3];
        Assert.StartsWith("/dev/pts/", terminal, StringComparison.Ordinal);
        shell.WaitForLine("size 45 123");

        shell.Send("some words\n");
        shell.WaitForLine("read some words");
        shell.Send(Interrupt);
        shell.WaitForLine("interrupted");

        shell.Send(Suspend);
        shell.WaitForLine("[1]+  Stopped");
        Assert.Equal('T', StateOf(pid));
        shell.Send("fg\n");
        shell.WaitForLine("continued");
        using RunningProcess resize = new("stty", ["-F", terminal, "rows", "50", "columns", "100"], folder.Path);
        Assert.Equal(0, resize.WaitForExit());
        shell.WaitForLine("size 50 100");

        shell.Send("end\n");
        shell.Send("echo code $?\n");
        shell.WaitForLine("code 7");
        // What a program changes at the terminal stays.
        shell.Send($"{Emleak} run -- stty erase ^Y 2>/dev/null; stty -a\n");
        shell.WaitForLine("speed ");
        Assert.Contains("erase = ^Y;", shell.TakeLine(), StringComparison.Ordinal);
        shell.Send("exit\n");
        Assert.Equal(0, shell.WaitForExit());
        Assert.Single(shell.Output.Split('\n'), line => line.StartsWith("interrupted", StringComparison.Ordinal));
        // Nothing that only a terminal understands: neither the program nor emleak has written such.
        Assert.DoesNotContain("\x1b", shell.Output, StringComparison.Ordinal);
        TraceFiles files = new(Assert.Single(Directory.GetDirectories(folder.Path, $"mleak_pid{pid}_*")));
        Assert.Equal([new Hold("main;keep", 1000, 10)], files.HoldsFrom("main").Where(hold => hold.Path == "main;keep"));
    }

    /// <summary>Scripts start background jobs with signals ignored, and `nohup` does: what is started by emleak must find them so.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("INT QUIT")]
    [InlineData("INT HUP USR1")]
    public void Signals_that_are_ignored_are_ignored_in_the_program(string signals) => AssertSameSignals(Emleak, signals);

    internal static void AssertSameSignals(string emleak, string signals)
    {
        const string Script = "[ -z \"$1\" ] || trap '' $1; shift; exec \"$@\"";
        string[] program = ["sh", "-c", "grep -E 'SigIgn|SigBlk' /proc/self/status"];
        using TestFolder folder = new();
        using RunningProcess without = new("env", ["--default-signal", "sh", "-c", Script, "sh", signals, .. program], folder.Path);
        using RunningProcess with = new("env", ["--default-signal", "sh", "-c", Script, "sh", signals, emleak, "run", "--", .. program], folder.Path);
        Assert.Equal(0, without.WaitForExit());
        Assert.Equal(0, with.WaitForExit());
        Assert.Contains("SigIgn:", without.Output, StringComparison.Ordinal);
        Assert.Equal(without.Output, with.Output);
    }

    private static char StateOf(int pid)
    {
        string text = File.ReadAllText($"/proc/{pid}/stat");
        return text[text.LastIndexOf(')') + 2];
    }
}
