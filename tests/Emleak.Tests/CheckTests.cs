using System.ComponentModel;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary><c>emleak check</c>, and programs that cannot be traced: a plain explanation, and the exit code that scripts read.</summary>
public sealed class CheckTests
{
    private const string Jemalloc = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";

    // No C library, and nothing that a C compiler would need one for.
    // pause(), again and again.
    private const string Waiting = """
        #ifdef __x86_64__
        __asm__(".globl _start\n_start: mov $34, %eax\n syscall\n jmp _start\n");
        #else
        __asm__(".globl _start\n_start: mov $29, %eax\n int $0x80\n jmp _start\n");
        #endif
        """;

    [Fact]
    public void The_host_is_told_line_by_line()
    {
        (int code, string output) = Check();
        Assert.Equal(0, code);
        foreach (string line in (string[])["kernel ", "capabilities ", "lockdown ", "perf_event_paranoid ", "unprivileged_bpf_disabled ", "uprobe-session ", "ring-buffer ", "attached by "])
        {
            Assert.Matches($"(?m)^  {line} *[^ ]", output);
        }

        Assert.Contains("loaded and verified", output, StringComparison.Ordinal);
        Assert.EndsWith("Tracing would work.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_kernel_lacks_is_replaced_or_told_with_the_exit_code_of_a_trace()
    {
        (int code, string output) = CheckWith(["EMLEAK_MASK=uprobe-multi,uprobe-multi-by-process,uprobe-session"]);
        Assert.Equal(0, code);
        Assert.Matches("(?m)^  uprobe-session +replaced a program for each", output);
        Assert.Matches("(?m)^  attached by +perf events", output);
    }

    [Fact]
    public void A_process_is_told_function_by_function()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.Preloading(Jemalloc, "-fno-omit-frame-pointer", "operators.cpp", folder.Path);
        (int code, string output) = Check("-p", $"{workload.Pid}");
        Assert.Equal(0, code);
        Assert.Matches($@"(?m)^  {Regex.Escape(Path.GetFullPath(Jemalloc))}.*\n    build id [0-9a-f]{{40}}.*, \d+ functions to probe", output);
        Assert.Matches(@"(?m)^    malloc at 0x[0-9a-f]+: \+\d+, the first emulated instruction: ", output);
        Assert.Matches(@"(?m)^    _Znwm at 0x[0-9a-f]+: \+\d+, ", output);
        Assert.Matches(@"(?m)^    _Znwm at 0x[0-9a-f]+: no probe: the module has no allocator of its own", output);
        Assert.Matches(@"(?m)^  unwind rows +\d+ of \d+ files; \d+ bytes of kernel memory, \d+\.\d each", output);
    }

    /// <summary>Whoever files a bug may not be root: what can be told is told, and what is missing.</summary>
    [Fact]
    public void Without_root_it_tells_what_it_can()
    {
        using TestFolder folder = new();
        string emleak = PublishedProgram.Copy(folder.Path);
        File.SetUnixFileMode(folder.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        using RunningProcess target = new("setpriv", ["--reuid=65534", "--clear-groups", "cat"], folder.Path);
        WaitForProgram(target, Path.GetFullPath("/usr/bin/cat"));
        using RunningProcess check = new("setpriv", ["--reuid=65534", "--clear-groups", emleak, "check", "-p", $"{target.Pid}"], folder.Path);
        Assert.Equal(3, check.WaitForExit());
        Assert.Empty(check.Errors);
        Assert.Matches("(?m)^  user +[^ ]", check.Output);
        Assert.Matches("(?m)^  capabilities +CAP_SYS_ADMIN no, CAP_BPF no", check.Output);
        Assert.Matches(@"(?m)^  /.*libc\.so\.6\n    build id [0-9a-f]{40}", check.Output);
        Assert.Matches(@"(?m)^    malloc at 0x[0-9a-f]+: \+\d+, ", check.Output);
        Assert.Matches("(?m)^Tracing would fail with exit code 3: tracing another process needs root, or .*missing: .*CAP_BPF", check.Output);
    }

    [Fact]
    public void The_exit_code_is_that_of_a_trace()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        Assert.Equal(4, Check("-p", "4194304").Code);
        (int code, string output) = Check("-p", $"{workload.Pid}", "-m", "no_such_function");
        Assert.Equal(0, code);
        Assert.Contains("  there is no function 'no_such_function'", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "is a 32-bit program", "-m32", "")]
    [InlineData(5, "no allocator was found in process", "", "")]
    [InlineData(5, "is a Go program without C code", "", """__asm__(".pushsection .go.buildinfo,\"a\"\n.quad 1\n.popsection\n");""")]
    public void What_cannot_be_traced_is_explained(int expected, string reason, string options, string more)
    {
        using TestFolder folder = new();
        string program = Path.Combine(folder.Path, "program");
        BuildWithoutLibrary(program, options, more);
        using RunningProcess target = new(program, [], folder.Path);
        WaitForProgram(target, program);
        using EmleakRun emleak = new(folder.Path, "-p", $"{target.Pid}");
        Assert.Equal(expected, emleak.WaitForExit());
        Assert.Contains(reason, emleak.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder.Path));
        Assert.Equal(expected, Check("-p", $"{target.Pid}").Code);
        Assert.False(target.HasExited);
    }

    [Fact]
    public void A_go_program_with_c_code_is_traced_with_a_word_of_warning()
    {
        using TestFolder folder = new();
        const string Source = """
            #include <unistd.h>
            __asm__(".pushsection .go.buildinfo,\"a\"\n.quad 1\n.popsection\n");
            int main(void) { write(1, "ready\n", 6); return read(0, (char[1]){0}, 1) < 0; }
            """;
        string program = Path.Combine(folder.Path, "program");
        Build(program, "", Source);
        using RunningProcess target = new(program, [], folder.Path);
        target.WaitForLine("ready");
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path);
        target.CloseInput();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("this is a Go program", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>Real ones, as Debian has them. Both wait for what they are to read.</summary>
    [Theory]
    [InlineData("jid", 5, "no allocator was found in process {0}: it is a Go program without C code, and Go's own heap is collected, not freed: see Go's pprof for it")]
    [InlineData("gron", 0, "this is a Go program: Go's own heap is collected, not freed, and not seen here (see Go's pprof); what its C code allocates (cgo) is")]
    public void A_program_in_go_is_told_what_can_be_seen(string name, int expected, string told)
    {
        using TestFolder folder = new();
        using RunningProcess target = new(name, [], folder.Path);
        WaitForProgram(target, "/usr/bin/" + name);
        using EmleakRun emleak = new(folder.Path, "-p", $"{target.Pid}");
        if (expected == 0) emleak.WaitForStart();
        (int code, string output) = Check("-p", $"{target.Pid}");
        Assert.Equal(expected, code);
        string line = string.Format(System.Globalization.CultureInfo.InvariantCulture, told, target.Pid);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.False(target.HasExited);
        // A trace goes on until the program ends; what cannot be traced is left, which may still be about to happen.
        if (expected == 0) target.CloseInput();
        Assert.Equal(expected, emleak.WaitForExit());
        // How the stacks of Go's own code ended may follow.
        Assert.StartsWith($"emleak: {line}\n", emleak.Errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Check(params string[] arguments) => CheckWith([], arguments);

    private static (int Code, string Output) CheckWith(string[] variables, params string[] arguments)
    {
        using TestFolder folder = new();
        using RunningProcess check = new("env", [.. variables, Path.Combine(AppContext.BaseDirectory, "emleak"), "check", .. arguments], folder.Path);
        int code = check.WaitForExit();
        Assert.Empty(check.Errors);
        return (code, check.Output);
    }

    /// <summary>Makes a program that waits for ever, and has nothing of a C library.</summary>
    /// <summary>A program that waits and has nothing but that. Skips the test where the kernel runs none of its kind.</summary>
    internal static void BuildWithoutLibrary(string program, string options, string more = "")
    {
        Build(program, $"{options} -nostdlib -static", Waiting + "\n" + more);
        if (!options.Contains("-m32", StringComparison.Ordinal)) return;
        try
        {
            using RunningProcess once = new(program, [], Path.GetDirectoryName(program)!);
        }
        catch (Win32Exception refusal)
        {
            Assert.Skip($"this kernel runs no 32-bit programs: {refusal.Message}");
        }
    }

    private static void Build(string program, string options, string source)
    {
        string file = program + ".c";
        File.WriteAllText(file, source);
        using RunningProcess gcc = new("gcc", [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-o", program, file], Path.GetDirectoryName(program)!);
        Assert.True(gcc.WaitForExit() == 0, gcc.Errors);
    }

    private static void WaitForProgram(RunningProcess target, string program)
    {
        while (new FileInfo($"/proc/{target.Pid}/exe").LinkTarget != program) Thread.Sleep(1);
    }
}
