using System.Globalization;
using Emleak.Elf.Tests;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Tests;

/// <summary>Names that a run-time compiler gives its code, in /tmp/perf-PID.map, a folder that is everyone's.</summary>
public sealed class PerfMapTests : IDisposable
{
    private readonly Workshop _workshop = new();
    private readonly Target _target;
    private readonly string _map;

    public PerfMapTests()
    {
        _workshop.Write("code.c", Programs.RunTimeCode);
        _workshop.Run("gcc", "code.c", "-o", "code", "-w");
        _target = Target.Start(_workshop["code"]);
        _map = $"/tmp/perf-{_target.Pid}.map";
    }

    private ulong Code => _target["anonymous"];

    public void Dispose()
    {
        _target.Dispose();
        File.Delete(_map);
        _workshop.Dispose();
    }

    [Fact]
    public void Code_is_named_and_the_map_is_read_again_as_it_grows()
    {
        File.WriteAllText(_map, Line(0, 0x10, "first with blanks") + Line(0x10, 0x10, "second") + "half");
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        Frame frame = symbolizer.Symbolize(Code + 4, AddressKind.Exact);
        Assert.Equal(("first with blanks", 4u, "[jit]", MissingReason.None), (frame.Function, frame.Offset, frame.Module, frame.Reason));
        Assert.Equal("first with blanks", symbolizer.Symbolize(Code + 0x10, AddressKind.Return).Function);
        Assert.Equal("second", symbolizer.Symbolize(Code + 0x1f, AddressKind.Exact).Function);
        Assert.Equal(MissingReason.AnonymousCode, symbolizer.Symbolize(Code + 0x20, AddressKind.Exact).Reason);

        File.AppendAllText(_map, "-written line\n" + Line(0x8, 0x10, "replacement") + Line(0x20, 1, "third"));
        symbolizer.Refresh();
        Assert.Equal("first with blanks", symbolizer.Symbolize(Code + 7, AddressKind.Exact).Function);
        Assert.Equal("replacement", symbolizer.Symbolize(Code + 8, AddressKind.Exact).Function);
        Assert.Equal("second", symbolizer.Symbolize(Code + 0x18, AddressKind.Exact).Function);
        Assert.Equal("third", symbolizer.Symbolize(Code + 0x20, AddressKind.Exact).Function);
    }

    [Fact]
    public void A_map_that_was_begun_anew_is_read_anew()
    {
        File.WriteAllText(_map, Line(0, 0x10, "old") + Line(0x10, 0x10, "older"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        File.WriteAllText(_map, Line(0, 0x10, "new"));
        symbolizer.Refresh();
        Assert.Equal("new", symbolizer.Symbolize(Code, AddressKind.Exact).Function);
        Assert.Null(symbolizer.Symbolize(Code + 0x10, AddressKind.Exact).Function);
        File.Delete(_map);
        File.WriteAllText(_map, Line(0, 0x10, "another file"));
        symbolizer.Refresh();
        Assert.Equal("another file", symbolizer.Symbolize(Code, AddressKind.Exact).Function);
    }

    [Fact]
    public void Names_outlive_the_map_and_the_process()
    {
        File.WriteAllText(_map, Line(0, 0x10, "kept"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        File.Delete(_map);
        _target.Exit();
        Assert.False(symbolizer.Refresh());
        Assert.Equal("kept", symbolizer.Symbolize(Code, AddressKind.Exact).Function);
    }

    [Fact]
    public void A_link_a_pipe_a_device_and_a_file_of_another_user_are_refused()
    {
        string real = _workshop.Write("real.map", Line(0, 0x10, "planted"));
        File.CreateSymbolicLink(_map, real);
        AssertRefused("perf-");
        _workshop.Run("mkfifo", _map);
        AssertRefused("not a regular file");
        _workshop.Run("mknod", _map, "c", "1", "5");
        AssertRefused("not a regular file");
        File.WriteAllText(_map, Line(0, 0x10, "planted"));
        _workshop.Run("chown", "65534", _map);
        AssertRefused("belongs to user 65534");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\n")]
    [InlineData("ffffffffffffffff ffffffffffffffff overflow\n")]
    [InlineData("0 0 empty\n{0:x} 0 empty\n")]
    [InlineData("{0:x} 10 \n{0:x} 10\n{0:x}  10 two blanks\n")]
    [InlineData("{0:x} 10000000000000000 size of 65 bits\n")]
    [InlineData("{0:x} -10 sign\n")]
    [InlineData("\0\0\0\0\0\0\0\0 \0 \0\n")]
    public void Lines_that_make_no_sense_name_nothing(string text)
    {
        File.WriteAllText(_map, string.Format(CultureInfo.InvariantCulture, text, Code));
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        Assert.Equal(MissingReason.AnonymousCode, symbolizer.Symbolize(Code, AddressKind.Exact).Reason);
    }

    [Fact]
    public void Endless_names_are_cut_and_an_endless_line_is_the_end_of_the_map()
    {
        File.WriteAllText(_map, Line(0, 0x10, new string('y', 100_000)) + Line(0x10, 0x10, "after") + new string('x', 1 << 20) + "\n" + Line(0x20, 0x10, "too late"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        Assert.Equal(new string('y', 4096), symbolizer.Symbolize(Code, AddressKind.Exact).Function);
        Assert.Equal("after", symbolizer.Symbolize(Code + 0x10, AddressKind.Exact).Function);
        Assert.Null(symbolizer.Symbolize(Code + 0x20, AddressKind.Exact).Function);
        Assert.Contains("a line of more than", symbolizer.PerfMapProblem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparse_map_of_ten_gigabytes_costs_no_time()
    {
        File.WriteAllText(_map, Line(0, 0x10, "first"));
        using (FileStream map = File.OpenWrite(_map)) map.SetLength(10L << 30);
        long start = Environment.TickCount64;
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        Assert.Equal("first", symbolizer.Symbolize(Code, AddressKind.Exact).Function);
        Assert.InRange(Environment.TickCount64 - start, 0, 1000);
    }

    [Fact]
    public void A_map_in_the_targets_own_mount_and_pid_namespace_is_found()
    {
        // The shell is process 1 of its namespace, and mounts a /tmp that nobody else sees.
        const string Script = """
            mount -t tmpfs none /tmp
            echo "0000000012345000 1000 in_container" > /tmp/perf-1.map
            echo "shell 0x1"; echo ready; read line
            """;
        using Target container = Target.Start("unshare", "-m", "-p", "-f", "--kill-child", "sh", "-c", Script);
        int shell = int.Parse(File.ReadAllText($"/proc/{container.Pid}/task/{container.Pid}/children").Trim(), CultureInfo.InvariantCulture);
        using Symbolizer symbolizer = Symbolizer.ForProcess(shell);
        Assert.Null(symbolizer.PerfMapProblem);
        Assert.Equal("in_container", symbolizer.Symbolize(0x12345010, AddressKind.Exact).Function);
    }

    private void AssertRefused(string reason)
    {
        using Symbolizer symbolizer = Symbolizer.ForProcess(_target.Pid);
        Assert.Equal(MissingReason.AnonymousCode, symbolizer.Symbolize(Code, AddressKind.Exact).Reason);
        Assert.Contains(reason, symbolizer.PerfMapProblem, StringComparison.Ordinal);
        File.Delete(_map);
    }

    private string Line(ulong offset, int size, string name) => string.Create(CultureInfo.InvariantCulture, $"{Code + offset:x} {size:x} {name}\n");
}
