using System.CommandLine;
using Emleak.Recordings.Model;

namespace Emleak.Cli;

/// <summary>The options that say how functions are named, for every command that names some.</summary>
internal static class NameOptions
{
    public static Option<NameStyle> Demangle(string about) => OptionKinds.Choice(
        "--demangle",
        about,
        ("full", NameStyle.Full),
        ("short", NameStyle.Short),
        ("none", NameStyle.Mangled));

    public static Option<bool> Debuginfod() => OptionKinds.Switch(
        "--debuginfod", "fetch debug files that are not at hand from the servers in DEBUGINFOD_URLS");
}
