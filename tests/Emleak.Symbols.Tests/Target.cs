using System.Diagnostics;
using System.Globalization;

namespace Emleak.Symbols.Tests;

/// <summary>A running program that prints "name address" lines, then "ready", and does one more step for each line it is sent.</summary>
internal sealed class Target : IDisposable
{
    private readonly System.Diagnostics.Process _process;
    private readonly Dictionary<string, ulong> _addresses = [];

    private Target(System.Diagnostics.Process process)
    {
        _process = process;
        ReadUntilReady();
    }

    public int Pid => _process.Id;

    /// <summary>An address that the program has printed.</summary>
    public ulong this[string name] => _addresses[name];

    public static Target Start(string path, params string[] arguments)
    {
        ProcessStartInfo start = new(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return new Target(System.Diagnostics.Process.Start(start)!);
    }

    public void Step()
    {
        _process.StandardInput.WriteLine();
        ReadUntilReady();
    }

    public void Exit()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Exit();
        _process.Dispose();
    }

    private void ReadUntilReady()
    {
        while (_process.StandardOutput.ReadLine() is { } line && line != "ready")
        {
            string[] parts = line.Split(' ');
            _addresses[parts[0]] = ulong.Parse(parts[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
    }
}
