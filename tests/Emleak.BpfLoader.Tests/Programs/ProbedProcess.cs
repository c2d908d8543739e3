using System.Diagnostics;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>A process that calls the function <c>probed</c> as often as it is told to, and waits for more.</summary>
internal sealed class ProbedProcess : IDisposable
{
    private readonly ProbedProgram _program;
    private readonly Process _process;

    public ProbedProcess(ProbedProgram program)
    {
        _program = program;
        ProcessStartInfo start = new(program.Path) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        _process = Process.Start(start)!;
        // Until it has written once it may not have mapped what the probes are put into.
        Assert.Equal("ready", _process.StandardOutput.ReadLine());
    }

    public int Pid => _process.Id;

    /// <summary>Calls <c>probed</c> this many times more, with arguments that go on counting from 0, and waits for the end.</summary>
    public void Call(int times)
    {
        Begin(times);
        End();
    }

    public void Begin(int times)
    {
        _process.StandardInput.WriteLine(times);
        _process.StandardInput.Flush();
    }

    public void End() => Assert.Equal("done", _process.StandardOutput.ReadLine());

    /// <summary>The first bytes, in this process's memory, of the function at an offset of the program's file.</summary>
    public byte[] ReadCode(ulong fileOffset)
    {
        string mapping = File.ReadLines($"/proc/{Pid}/maps")
            .First(line => line.EndsWith(_program.Path, StringComparison.Ordinal) && line.Contains(" r-xp ", StringComparison.Ordinal));
        string[] columns = mapping.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ulong start = Convert.ToUInt64(columns[0].Split('-')[0], 16);
        ulong offset = Convert.ToUInt64(columns[2], 16);
        using FileStream memory = new($"/proc/{Pid}/mem", FileMode.Open, FileAccess.Read);
        memory.Position = (long)(start + (fileOffset - offset));
        byte[] code = new byte[4];
        memory.ReadExactly(code);
        return code;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
