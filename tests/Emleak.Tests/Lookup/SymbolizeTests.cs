using System.Diagnostics;
using System.Text.Json;
using Emleak.Tests.Support;

namespace Emleak.Tests.Lookup;

/// <summary>"emleak symbolize", run as a person or another program runs it.</summary>
public sealed class SymbolizeTests : IDisposable
{
    private const string Source = """
        #include <cstdio>
        #include <cstdlib>
        #include <unistd.h>
        inline __attribute__((always_inline)) void *inner(int n) { return malloc(n); }
        template<class T> __attribute__((noinline)) T *make(T n)
        {
            return (T *)inner(n + 1);
        }
        int main()
        {
            char line[8];
            printf("%p\n", (void *)make<int>);
            fflush(stdout);
            return read(0, line, sizeof line) + (make(1) == nullptr);
        }
        """;

    private readonly TestFolder _folder = new();
    private readonly string _program;

    public SymbolizeTests()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "made.cc"), Source);
        _program = Path.Combine(_folder.Path, "made");
        Tool("g++", "-g", "-O2", "-no-pie", "-o", "made", "made.cc");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("full", "int* make<int>(int)")]
    [InlineData("short", "make")]
    [InlineData("none", "_Z4makeIiEPT_S0_")]
    public void An_address_of_a_file_is_named_in_every_style(string style, string expected)
    {
        using Coprocess emleak = new("-e", _program, "--demangle", style, AddressOfMake());
        (string output, string errors, int exitCode) = emleak.Finish();
        Assert.StartsWith($"{expected}+0x0 at {_folder.Path}/made.cc:", output, StringComparison.Ordinal);
        Assert.Equal(("", 0), (errors, exitCode));
    }

    [Fact]
    public void A_program_can_ask_line_by_line_with_and_without_0x()
    {
        using Coprocess emleak = new("-e", _program, "-a");
        string address = AddressOfMake();
        string answer = emleak.Ask(address);
        Assert.StartsWith($"0x{address.TrimStart('0')}: int* make<int>(int)+0x0 at ", answer, StringComparison.Ordinal);
        Assert.Equal(answer, emleak.Ask("0x" + address));
        Assert.Equal("0x1: [made]+0x1", emleak.Ask("1"));
        Assert.Equal("[UNKNOWN] 'not one' is not an address", emleak.Ask("not one"));
        (string output, _, int exitCode) = emleak.Finish(address);
        Assert.Equal((answer + "\n", 1), (output, exitCode));
    }

    [Fact]
    public void Inlined_calls_come_first_as_with_addr2line()
    {
        string site = CallSiteIn("make");
        using Coprocess emleak = new("-e", _program, "-i", site);
        string[] lines = emleak.Finish().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("inner(int) at ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith(" (inlined by) int* make<int>(int)+0x", lines[1], StringComparison.Ordinal);

        using Coprocess asJson = new("-e", _program, "-i", "--json", site);
        JsonElement answer = JsonDocument.Parse(asJson.Finish().Output).RootElement;
        Assert.Equal("inner(int)", answer.GetProperty("inlined")[0].GetProperty("function").GetString());
        Assert.Equal(4, answer.GetProperty("inlined")[0].GetProperty("line").GetInt32());
        Assert.Equal("_Z4makeIiEPT_S0_", answer.GetProperty("symbol").GetString());
        Assert.Equal(7, answer.GetProperty("line").GetInt32());
        Assert.Equal(_program, answer.GetProperty("module").GetString());
    }

    [Fact]
    public void Json_is_a_line_for_each_address_and_says_why_there_is_no_name()
    {
        using Coprocess emleak = new("-e", _program, "--json");
        (string output, _, int exitCode) = emleak.Finish($"{AddressOfMake()}\n0x1\nnonsense\n");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((3, 1), (lines.Length, exitCode));
        Assert.Equal("no-symbol-covers", JsonDocument.Parse(lines[1]).RootElement.GetProperty("reason").GetString());
        Assert.Equal("not-an-address", JsonDocument.Parse(lines[2]).RootElement.GetProperty("reason").GetString());
    }

    [Fact]
    public void Addresses_of_a_process_are_named()
    {
        using RunningProcess target = new(_program, [], _folder.Path);
        target.WaitForLine("0x");
        using Coprocess emleak = new("-p", $"{target.Pid}", target.Output.Trim(), "10");
        string[] lines = emleak.Finish().Output.Split('\n');
        Assert.StartsWith("int* make<int>(int)+0x0 at ", lines[0], StringComparison.Ordinal);
        Assert.Equal("[UNKNOWN]+0x10", lines[1]);
    }

    [Theory]
    [InlineData(2, "-e", "made", "zzz")]
    [InlineData(2, "1234")]
    [InlineData(2, "-e", "made", "-p", "1")]
    [InlineData(1, "-e", "/nowhere/at-all", "1")]
    [InlineData(1, "-e", "/dev/zero", "1")]
    [InlineData(4, "-p", "2147483647", "1")]
    public void What_cannot_be_answered_has_one_line_and_an_exit_code(int expected, params string[] arguments)
    {
        using Coprocess emleak = new([.. arguments.Select(argument => argument == "made" ? _program : argument)]);
        (string output, string errors, int exitCode) = emleak.Finish();
        Assert.Equal(("", expected), (output, exitCode));
        Assert.StartsWith("emleak: ", errors, StringComparison.Ordinal);
    }

    private string AddressOfMake() => Tool("nm", "made").Split('\n').Single(line => line.EndsWith("_Z4makeIiEPT_S0_", StringComparison.Ordinal)).Split(' ')[0];

    /// <summary>Address of the jump or call to malloc in a function.</summary>
    private string CallSiteIn(string function) => Tool("objdump", "-d", "--no-show-raw-insn", "made")
        .Split("\n\n").Single(text => text.Contains($"{function}IiE", StringComparison.Ordinal) && text.Contains("<_Z4make", StringComparison.Ordinal) && !text.Contains("<main>:", StringComparison.Ordinal))
        .Split('\n').First(line => line.Contains("malloc", StringComparison.Ordinal)).Trim().Split(':')[0];

    private string Tool(string name, params string[] arguments)
    {
        ProcessStartInfo start = new(name, arguments) { WorkingDirectory = _folder.Path, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process tool = Process.Start(start)!;
        Task<string> errors = tool.StandardError.ReadToEndAsync();
        string output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        Assert.True(tool.ExitCode == 0, errors.Result);
        return output;
    }
}
