using System.Diagnostics;

namespace Emleak.Tests.Lookup;

/// <summary>"emleak symbolize" as another program uses it: asked line by line.</summary>
internal sealed class Coprocess : IDisposable
{
    private readonly Process _process;

    public Coprocess(params string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "emleak"), ["symbolize", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
    }

    /// <summary>Sends a line and waits for the answer's.</summary>
    public string Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? "(ended)";
    }

    /// <summary>Sends the rest of the input; gives the rest of the output, what was said on standard error, and the exit code.</summary>
    public (string Output, string Errors, int ExitCode) Finish(string input = "")
    {
        Task<string> errors = _process.StandardError.ReadToEndAsync();
        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        _process.StandardInput.Write(input);
        _process.StandardInput.Close();
        _process.WaitForExit();
        return (output.Result, errors.Result, _process.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
