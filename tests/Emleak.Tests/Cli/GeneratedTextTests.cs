using System.CommandLine;
using Emleak.Cli;
using Emleak.Tests.Support;

namespace Emleak.Tests.Cli;

/// <summary>The manual page and the completions say the same as the help: all are made from one set of definitions.</summary>
public sealed class GeneratedTextTests
{
    [Theory]
    [InlineData("man")]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Every_option_of_every_command_is_there(string kind)
    {
        string text = Generate(kind).Replace("\\-", "-", StringComparison.Ordinal);
        foreach (CliCommand command in CommandLine.Commands)
        {
            Assert.Contains(command.Word, text, StringComparison.Ordinal);
            foreach (Option option in command.Definition.Options)
            {
                string name = kind == "fish" ? $"-l {option.Name[2..]}" : option.Name;
                Assert.Contains(name, text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Bash_takes_its_completions_and_finds_what_fits()
    {
        using TestFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "completions"), Generate("bash"));
        const string Try = ". ./completions; COMP_WORDS=(emleak --inter); COMP_CWORD=1; _emleak; echo \"${COMPREPLY[@]}\"";
        using RunningProcess bash = new("bash", ["-ec", Try], folder.Path);
        Assert.Equal(0, bash.WaitForExit());
        Assert.Equal("--interval\n", bash.Output);
    }

    [Fact]
    public void The_version_is_told_with_the_commit_and_the_kernel_features()
    {
        string[] lines = VersionText.Write().Split('\n');
        Assert.StartsWith("emleak 0.", lines[0], StringComparison.Ordinal);
        Assert.Matches("^commit: [0-9a-f]{40}$", lines[1]);
        Assert.Contains("uprobe-session (6.13)", lines[3], StringComparison.Ordinal);
    }

    private static string Generate(string kind) => Assert.IsType<HelpRequest>(CommandLine.Parse(["generate", kind])).Text;
}
