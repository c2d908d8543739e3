using System.CommandLine;
using Emleak.Recordings.Model;
using Emleak.Symbols;

namespace Emleak.Cli;

/// <summary><c>emleak symbolize</c>: names addresses, as addr2line does.</summary>
internal sealed class SymbolizeCommandLine : CliCommand
{
    private readonly Option<int> _pid = OptionKinds.WholeNumber("--pid", "-p", "PID", int.MaxValue, "the process that the addresses belong to");
    private readonly Option<string> _file = OptionKinds.Word("--exe", "-e", "FILE", "the file that they belong to, as linked");
    private readonly Option<bool> _inlines = OptionKinds.Switch("--inlines", "tell the calls that were inlined, too", "-i");
    private readonly Option<bool> _addresses = OptionKinds.Switch("--addresses", "start each answer with its address", "-a");
    private readonly Option<bool> _return = OptionKinds.Switch("--return-addresses", "they are return addresses: look up the call before each", "-r");
    private readonly Option<bool> _json = OptionKinds.Switch("--json", "answer with a line of JSON for each address");
    private readonly Option<NameStyle> _demangle = NameOptions.Demangle("how names of C++ and Rust functions are written, default full");
    private readonly Option<bool> _debuginfod = NameOptions.Debuginfod();
    private readonly Argument<string[]> _words = new("ADDRESS") { Arity = ArgumentArity.ZeroOrMore };

    public SymbolizeCommandLine()
        : base("symbolize")
    {
        foreach (Option option in (Option[])[_pid, _file, _inlines, _addresses, _return, _json, _demangle, _debuginfod])
        {
            Definition.Add(option);
        }

        Definition.Add(_words);
    }

    public override string Synopsis => "-p PID | -e FILE [OPTS] [ADDRESS...]";

    public override IReadOnlyList<string> About =>
    [
        "Name addresses: function, file and line.",
        "Addresses are hexadecimal, with or without 0x. Without any, they are read from standard",
        "input, a line for each, and each is answered at once.",
    ];

    protected override Request Read(ParseResult result)
    {
        int? pid = result.IsGiven(_pid) ? result.GetValue(_pid) : null;
        string? file = result.GetValue(_file);
        if (pid is null == file is null) throw Wrong("give either -p PID or -e FILE");
        return new SymbolizeRequest(pid, file, result.GetValue(_words) ?? [])
        {
            Kind = result.GetValue(_return) ? AddressKind.Return : AddressKind.Exact,
            WithInlined = result.GetValue(_inlines),
            WithAddresses = result.GetValue(_addresses),
            UseDebuginfod = result.GetValue(_debuginfod),
            AsJson = result.GetValue(_json),
            Names = result.IsGiven(_demangle) ? result.GetValue(_demangle) : NameStyle.Full,
        };
    }
}
