using Emleak.Cli;
using Emleak.Probes;

namespace Emleak.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("-p 12 -i 3", 12, null, 3)]
    [InlineData("-p12 -i3", 12, null, 3)]
    [InlineData("-p=12", 12, null, 10)]
    [InlineData("--pid 12 --interval 3", 12, null, 3)]
    [InlineData("--pid=12", 12, null, 10)]
    [InlineData("-c server", null, "server", 10)]
    [InlineData("--comm=server -i 1", null, "server", 1)]
    [InlineData("-c server -p 5", 5, null, 10)]
    [InlineData("-c run", null, "run", 10)]
    [InlineData("-p 5 -p 6", 6, null, 10)]
    public void Options_are_the_originals(string line, int? pid, string? comm, int seconds)
    {
        TraceRequest request = Assert.IsType<TraceRequest>(Parse(line));
        Assert.Equal(pid, request.Pid);
        Assert.Equal(comm, request.Comm);
        Assert.Equal(TimeSpan.FromSeconds(seconds), request.Options.Interval);
    }

    [Theory]
    [InlineData("-p 1 -m my_malloc -f my_free")]
    [InlineData("-p 1 --malloc my_malloc --free my_free")]
    [InlineData("-p 1 -mmy_malloc -fmy_free")]
    public void Custom_functions_mean_what_they_say(string line)
    {
        TracingOptions options = Assert.IsType<TraceRequest>(Parse(line)).Options;
        Assert.Equal(["my_malloc", "my_free"], options.Functions.Select(function => function.Name));
    }

    [Theory]
    [InlineData("-m pool_alloc:size=2", "pool_alloc", "size=2")]
    [InlineData("-m matrix_new:count=1,size=2", "matrix_new", "count=1 size=2")]
    [InlineData("-m matrix_new:count=1", "matrix_new", "count=1 size=2")]
    [InlineData("-m get_buffer:out=1", "get_buffer", "size=2 out=1")]
    [InlineData("-m get_buffer:out=2", "get_buffer", "size=1 out=2")]
    [InlineData("-m node_new:size=0", "node_new", "")]
    [InlineData("-m grow:ptr=1,size=3", "grow", "size=3 ptr=1")]
    [InlineData("-m ns::Pool::alloc", "ns::Pool::alloc", "size=1")]
    [InlineData("-m ns::Pool::alloc:size=2", "ns::Pool::alloc", "size=2")]
    [InlineData("-m ns::operator==", "ns::operator==", "size=1")]
    [InlineData("-f pool_free:ptr=2", "pool_free", "ptr=2")]
    public void Arguments_may_be_in_other_places(string line, string name, string places)
    {
        AllocatorFunction function = Assert.Single(Assert.IsType<TraceRequest>(Parse("-p 1 " + line)).Options.Functions);
        Assert.Equal(name, function.Name);
        byte[] cookie = BitConverter.GetBytes(function.Shape.Cookie);
        (string, byte)[] fields = [("count", cookie[2]), ("size", cookie[1]), ("ptr", cookie[3]), ("out", cookie[4])];
        Assert.Equal(places, string.Join(' ', fields.Where(field => field.Item2 > 0).Select(field => $"{field.Item1}={field.Item2}")));
    }

    [Theory]
    [InlineData("-p 1", false)]
    [InlineData("-p 1 --all", true)]
    public void All_stacks_are_shown_on_a_terminal_when_asked_for(string line, bool expected) =>
        Assert.Equal(expected, Assert.IsType<TraceRequest>(Parse(line)).Options.ShowAllStacks);

    [Fact]
    public void Options_of_functions_and_files_may_be_repeated()
    {
        TracingOptions options = Assert.IsType<TraceRequest>(
            Parse("-p 1 -m a -f b -m c:size=3 -f d --symbols-prefix x_ --symbols-prefix y_ --object libx.so --object=/y")).Options;
        Assert.Equal(["a", "c", "b", "d"], options.Functions.Select(function => function.Name));
        Assert.Equal(["x_", "y_"], options.SymbolPrefixes);
        Assert.Equal(["libx.so", "/y"], options.Objects);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-p")]
    [InlineData("-p abc")]
    [InlineData("-p 0")]
    [InlineData("-p -5")]
    [InlineData("-p 99999999999")]
    [InlineData("-p 1 -i 0")]
    [InlineData("-p 1 -i abc")]
    [InlineData("-p 1 -i 1.5")]
    [InlineData("-p 1 --bogus")]
    [InlineData("-p 1 stray")]
    [InlineData("-i 5")]
    [InlineData("-m a -f b")]
    [InlineData("-p 1 -m a:size=7")]
    [InlineData("-p 1 -m a:sise=2")]
    [InlineData("-p 1 -m a:size=x")]
    [InlineData("-p 1 -m a:size=1,size=2")]
    [InlineData("-p 1 -m a:size=1,count=1")]
    [InlineData("-p 1 -m a:size=0,count=1")]
    [InlineData("-p 1 -m a:ptr=1,out=2")]
    [InlineData("-p 1 -m :size=1")]
    [InlineData("-p 1 -f a:size=1")]
    [InlineData("-p 1 -f a:ptr=0")]
    [InlineData("-p 1 --object=")]
    public void What_makes_no_sense_is_refused(string line)
    {
        EmleakException problem = Assert.Throws<EmleakException>(() => Parse(line));
        Assert.Equal(ExitCode.Usage, problem.ExitCode);
        Assert.DoesNotContain('\n', problem.Message);
        Assert.Contains("usage: emleak", problem.Usage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    [InlineData("-p abc --help")]
    public void Help_is_help_whatever_else_is_said(string line) => Assert.IsType<HelpRequest>(Parse(line));

    [Fact]
    public void Help_names_every_option_of_every_command()
    {
        foreach (CliCommand command in CommandLine.Commands)
        {
            string help = HelpText.Of(command);
            Assert.All(command.Definition.Options, option => Assert.Contains(option.Name, help, StringComparison.Ordinal));
            Assert.All(command.Definition.Options, option => Assert.False(string.IsNullOrEmpty(option.Description)));
        }
    }

    private static Request Parse(string line) =>
        CommandLine.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
