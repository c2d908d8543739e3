using Emleak.Cli;

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
        Assert.Equal("my_malloc", options.AllocateFunction);
        Assert.Equal("my_free", options.ReleaseFunction);
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
