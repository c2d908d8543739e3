using System.Diagnostics;

namespace Emleak.Elf.Tests;

/// <summary>A folder of its own for what a test builds, and a way to run the tools that build it.</summary>
public sealed class Workshop : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("emleak-test-").FullName;

    public string this[string name] => Path.Combine(Folder, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>Runs a tool in the folder and gives what it wrote; a tool that fails fails the test.</summary>
    public string Run(string tool, params string[] arguments) => RunWithInput(tool, "", arguments);

    public string RunWithInput(string tool, string input, params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {errors.Result}");
        return output.Result;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
