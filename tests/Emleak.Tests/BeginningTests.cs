using System.Globalization;
using Emleak.Launch;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Programs that are traced from their first instruction on: waited for by name, or started by emleak.</summary>
public sealed class BeginningTests
{
    [Fact]
    public void Of_a_program_waited_for_not_one_allocation_is_missed()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", "emlk-waited");
        string library = Workloads.CompileWith("preloaded", "-shared -fPIC -fno-omit-frame-pointer");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-waited");
        emleak.WaitForStart();
        using RunningProcess workload = new("env", [$"LD_PRELOAD={library}", program], folder.Path);
        Assert.Equal(7, workload.WaitForExit());
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        TraceFiles files = emleak.Files();
        Assert.Equal([new Hold("construct;early", 104950, 100)], files.HoldsFrom("construct"));
        Assert.Equal([new Hold("load;loaded", 3200, 50)], files.HoldsFrom("load"));
        Assert.Equal([new Hold("main;first", 1000, 10)], files.HoldsFrom("main"));
    }

    [Fact]
    public void Names_that_are_longer_than_the_kernel_keeps_are_compared_whole()
    {
        using TestFolder folder = new();
        string other = Workloads.Compile("beginnings", "emlk-long-name-of-another");
        string program = Workloads.Compile("beginnings", "emlk-long-name-of-this");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-long-name-of-this");
        emleak.WaitForStart();
        using RunningProcess stranger = new(other, [], folder.Path);
        Assert.Equal(7, stranger.WaitForExit());
        using RunningProcess workload = new(program, [], folder.Path);
        Assert.Equal(7, workload.WaitForExit());
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains($"mleak_pid{workload.Pid}_", emleak.Files().Folder, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_of_two_hundred_restarts_is_exact()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", "emlk-restarts");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-restarts");
        emleak.WaitForStart();
        List<int> pids = [];
        for (int i = 0; i < 200; i++)
        {
            using RunningProcess workload = new(program, [], folder.Path);
            pids.Add(workload.Pid);
            Assert.Equal(7, workload.WaitForExit());
        }

        Assert.False(emleak.HasExited, emleak.Errors);
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal("", emleak.Errors);
        string[] folders = Directory.GetDirectories(folder.Path, "mleak_pid*");
        Assert.Equal(200, folders.Length);
        foreach (string one in folders)
        {
            TraceFiles files = new(one);
            Assert.Equal([new Hold("construct;early", 104950, 100)], files.HoldsFrom("construct"));
            Assert.Equal([new Hold("main;first", 1000, 10)], files.HoldsFrom("main"));
        }

        Assert.All(pids, pid => Assert.Contains(folders, one => one.Contains($"mleak_pid{pid}_", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_that_runs_already_is_taken_and_when_it_ends_the_next()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("early", "emlk-several");
        using Workload first = Workload.Start(program, folder.Path);
        // Start times count in hundredths of a second.
        Thread.Sleep(50);
        using Workload second = Workload.Start(program, folder.Path);
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-several");
        emleak.WaitForLine($"touch ok pid = {first.Pid}.");
        emleak.WaitForLine("outfiles in dir");
        IReadOnlyList<Hold> ofFirst = first.Work();
        first.End();
        emleak.WaitForLine($"touch ok pid = {second.Pid}.");
        emleak.WaitForLine("outfiles in dir");
        IReadOnlyList<Hold> ofSecond = second.Work();
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(ofFirst, FilesOf(folder, first.Pid).HoldsFrom("main"));
        Assert.Equal(ofSecond, FilesOf(folder, second.Pid).HoldsFrom("main"));
        Assert.False(second.HasExited);
    }

    /// <summary>Emleak alone, or with its guard: nobody is left who could help the program.</summary>
    [Fact]
    public void Killed_while_a_program_waits_emleak_leaves_it_running()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", "emlk-sacred");
        Random random = new(20261124);
        for (int round = 0; round < 12; round++)
        {
            using EmleakRun emleak = new(folder.Path, "-c", "emlk-sacred");
            emleak.WaitForStart();
            using RunningProcess workload = new(program, [], folder.Path);
            using StateWatch states = new(workload.Pid);
            Thread.Sleep(random.Next(0, 80));
            if (round % 2 == 0) LoadingTests.KillWithChildren(emleak);
            else emleak.Signal("KILL");
            emleak.WaitForExit();
            Assert.Equal(7, workload.WaitForExit());
            Assert.DoesNotContain('T', states.Seen);
        }
    }

    [Theory]
    [InlineData("task-work")]
    [InlineData("task-work,sleepable-uprobes")]
    public void Where_the_kernel_has_no_way_to_wait_a_program_that_is_run_is_held_by_ptrace(string mask)
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new($"EMLEAK_MASK={mask}", folder.Path, [Path.Combine(AppContext.BaseDirectory, "emleak"), "run", "--", Workloads.CompileWith("beginnings", "-static -fno-omit-frame-pointer")]);
        Assert.Equal(7, emleak.WaitForExit());
        // Of libraries, which this one has none of.
        Assert.Equal(mask != "task-work", emleak.Errors.Contains("may be missed", StringComparison.Ordinal));
        Assert.Equal([new Hold("construct;early", 104950, 100)], emleak.Files().HoldsFrom("construct"));
        Assert.Equal([new Hold("main;first", 1000, 10)], emleak.Files().HoldsFrom("main"));
    }

    [Fact]
    public void A_program_that_was_run_has_its_output_and_exit_code_to_itself()
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, "run", "--", Workloads.Compile("beginnings"));
        Assert.Equal(7, emleak.WaitForExit());
        Assert.Equal("hold construct;early 104950 100\nhold main;first 1000 10\ndone\n", emleak.Output);
        TraceFiles files = emleak.Files();
        Assert.Equal([new Hold("construct;early", 104950, 100)], files.HoldsFrom("construct"));
        Assert.Equal([new Hold("main;first", 1000, 10)], files.HoldsFrom("main"));
    }

    [Theory]
    [InlineData(127, "there is no program", "emlk-not-there")]
    [InlineData(126, "is not an executable file", "/etc/passwd")]
    [InlineData(2, "give the program to start after --")]
    public void A_program_that_cannot_be_run_is_told_as_shells_do(int code, string reason, params string[] program)
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, ["run", "--", .. program]);
        Assert.Equal(code, emleak.WaitForExit());
        Assert.Contains(reason, emleak.Errors, StringComparison.Ordinal);
        Assert.Empty(emleak.Output);
    }

    [Fact]
    public void Signals_reach_the_program_and_its_death_is_passed_on()
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, "run", "--", "sh", "-c", "trap 'echo got USR1' USR1; echo ready; while :; do sleep 0.1; done");
        emleak.WaitForLine("ready");
        emleak.Signal("USR1");
        emleak.WaitForLine("got USR1");
        emleak.Signal("TERM");
        Assert.Equal(128 + 15, emleak.WaitForExit());
        Assert.Contains("untouch ok", emleak.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_runs_as_who_called_sudo_unless_root_is_asked_for()
    {
        using TestFolder folder = new();
        string emleak = Path.Combine(AppContext.BaseDirectory, "emleak");
        foreach ((string[] options, string user) in (ReadOnlySpan<(string[], string)>)[([], "65534:65534"), (["--as-root"], "0:0")])
        {
            using RunningProcess run = new(
                "env", ["SUDO_UID=65534", "SUDO_GID=65534", emleak, "run", .. options, "--", "sh", "-c", "echo $(id -u):$(id -g)"], folder.Path);
            Assert.Equal(0, run.WaitForExit());
            Assert.Equal(user + "\n", run.Output);
        }
    }

    [Fact]
    public void A_program_that_runs_as_who_called_sudo_has_that_users_variables()
    {
        using TestFolder folder = new();
        string emleak = Path.Combine(AppContext.BaseDirectory, "emleak");
        const string Script = "echo $HOME $USER $LOGNAME $SHELL ${MAIL-none} $OTHER";
        string[] roots = ["HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/zsh", "MAIL=/var/mail/root", "OTHER=kept"];
        string[] account = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Single(fields => fields[0] == "games");
        string expected = $"{account[5]} games games {account[6]} none kept\n";
        foreach ((string[] options, string variables) in (ReadOnlySpan<(string[], string)>)[([], expected), (["--as-root"], "/root root root /bin/zsh /var/mail/root kept\n")])
        {
            string[] sudo = [$"SUDO_UID={account[2]}", $"SUDO_GID={account[3]}", "SUDO_USER=games"];
            using RunningProcess run = new("env", [.. roots, .. sudo, emleak, "run", .. options, "--", "sh", "-c", Script], folder.Path);
            Assert.Equal(0, run.WaitForExit());
            Assert.Equal(variables, run.Output);
        }
    }

    [Fact]
    public void A_user_without_an_account_here_has_what_sudo_says_and_nothing_of_roots()
    {
        Dictionary<string, string> sudo = new() { ["SUDO_UID"] = "4242", ["SUDO_USER"] = "ann", ["SUDO_HOME"] = "/net/ann" };
        Assert.Equal(
            [("HOME", "/net/ann"), ("USER", "ann"), ("LOGNAME", "ann"), ("SHELL", "/bin/sh"), ("MAIL", null)],
            UserVariables.Of(4242, ["damaged", "root:x:0:0::/root:/bin/bash"], sudo.GetValueOrDefault));
        Assert.Equal(
            [("HOME", null), ("USER", null), ("LOGNAME", null), ("SHELL", "/bin/sh"), ("MAIL", null)],
            UserVariables.Of(4343, [], sudo.GetValueOrDefault));
    }

    [Fact]
    public void A_program_that_executes_itself_begins_a_new_trace_each_time()
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, "run", "--", Workloads.Compile("beginnings"), "4");
        Assert.Equal(7, emleak.WaitForExit());
        Assert.DoesNotContain("emleak: ", emleak.Errors, StringComparison.Ordinal);
        string[] folders = Directory.GetDirectories(folder.Path, "mleak_pid*");
        Assert.Equal(5, folders.Length);
        foreach (string one in folders)
        {
            Assert.Equal([new Hold("construct;early", 104950, 100)], new TraceFiles(one).HoldsFrom("construct"));
            Assert.Equal([new Hold("main;first", 1000, 10)], new TraceFiles(one).HoldsFrom("main"));
        }
    }

    internal static bool IsStopped(RunningProcess process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Pid}/stat").Contains(") T ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    [Fact]
    public void A_loop_of_programs_makes_few_folders_and_loses_nothing()
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, "run", "--", Workloads.Compile("beginnings"), "19");
        Assert.Equal(7, emleak.WaitForExit());
        string[] folders = Directory.GetDirectories(folder.Path, "mleak_pid*");
        Assert.InRange(folders.Length, 8, 12);
        string[] shared = [.. folders.Select(one => Path.Combine(one, "out.executed")).Where(File.Exists)];
        string[] lines = [.. shared.SelectMany(File.ReadAllLines)];
        Assert.Equal(20, folders.Length + lines.Count(line => line.StartsWith('#')));
        Assert.Equal(20 - folders.Length, lines.Count(line => line.EndsWith("construct;early 104950", StringComparison.Ordinal)));
        Assert.Contains("programs ran for less than a second each: 0 held nothing", emleak.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_program_that_becomes_a_daemon_is_said_to_go_on_and_followed_if_asked(bool follows)
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, ["run", .. follows ? (string[])["--follow-daemon"] : [], "--", Workloads.Compile("goes_on")]);
        Assert.Equal(3, emleak.WaitForExit());
        Assert.Matches(@"emleak: the program has left 1 process that goes on: \d+ \(goes_on", emleak.Errors);
        string[] folders = Directory.GetDirectories(folder.Path, "mleak_pid*");
        Assert.Equal(follows, folders.Any(one => File.ReadAllText(Path.Combine(one, "out.stacks")).Contains("main;serve", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_stop_that_somebody_else_asked_for_is_left_to_them()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        workload.Signal("STOP");
        Assert.True(SpinWait.SpinUntil(() => IsStopped(workload), RunningProcess.Patience));
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.True(IsStopped(workload));
        workload.Signal("CONT");
        Assert.NotEmpty(workload.Work());
    }

    private static TraceFiles FilesOf(TestFolder folder, int pid) =>
        new(Assert.Single(Directory.GetDirectories(folder.Path, string.Create(CultureInfo.InvariantCulture, $"mleak_pid{pid}_*"))));
}
