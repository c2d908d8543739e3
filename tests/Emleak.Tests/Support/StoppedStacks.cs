using System.Diagnostics;
using System.Globalization;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Symbols;
using Emleak.Symbols.Process;
using Emleak.Symbols.Unwind;
using ProcessModule = Emleak.Symbols.Process.ProcessModule;

namespace Emleak.Tests.Support;

/// <summary>
/// A traced process that is stopped at the very moments at which emleak has recorded an allocation, for gdb to walk it as well.
/// </summary>
internal sealed class StoppedStacks : IDisposable
{
    private readonly RealProgram _program;
    private readonly Symbolizer _symbolizer;
    private readonly UnwindTableCache _tables = new();
    private readonly RecordedStacks _recorded;
    private readonly BpfCollection _stopper;
    private readonly RunningProcess _gdb;
    private readonly BpfLink _link;

    public StoppedStacks(RealProgram program, EmleakRun emleak, string folder, int period)
    {
        _program = program;
        _symbolizer = Symbolizer.ForProcess(program.Pid);
        _recorded = new RecordedStacks(emleak.Pid);
        _stopper = LoadStopper(folder, program.Pid, (ulong)period);
        _gdb = new RunningProcess("gdb", ["-nx", "-q", "-batch", "-p", $"{program.Pid}", "-x", Path.Combine(Workloads.Sources, "backtraces.py")], folder);
        _gdb.WaitForLine("attached");
        ProcessModule allocator = _symbolizer.Modules.Single(module => module.Path.EndsWith(program.Allocator, StringComparison.Ordinal));
        ulong offset = allocator.FindFunctions("malloc")[0].FileOffset;
        _link = _stopper.Programs["stop_at_return"].AttachUprobe(allocator.FilePath, offset, new UprobeOptions { Pid = program.Pid, IsReturn = true });
    }

    /// <summary>Lets the process run to the next stop. Null when it has ended.</summary>
    /// <returns>The frames' addresses as emleak has them, and as gdb has them.</returns>
    public (ulong[] Emleak, ulong[] Gdb)? Next()
    {
        _gdb.Send("go\n");
        string? line;
        do line = _gdb.TakeLine();
        while (line is not null && !line.StartsWith("stack ", StringComparison.Ordinal) && !line.StartsWith("ended", StringComparison.Ordinal));
        if (line is null || !line.StartsWith("stack ", StringComparison.Ordinal)) return null;
        ulong[] words = [.. line.Split(' ')[1..].Select(word => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        return (_recorded.Of(words[0]), words[1..]);
    }

    /// <summary>How many of the frames lead to their callers by unwind tables: behind them both sides can only guess.</summary>
    public int CountDescribed(ReadOnlySpan<ulong> frames)
    {
        for (int i = 0; i < frames.Length; i++)
        {
            ulong address = frames[i] - 1;
            ProcessModule? module = FindModule(address);
            if (module is null)
            {
                _symbolizer.Refresh();
                module = FindModule(address);
            }

            bool isDescribed = module?.Image is not null && module.TryGetLinkedAddress(address, out ulong linked)
                && _tables.Get(module.Image).Find(linked).Kind != Symbols.Unwind.UnwindKind.None;
            if (!isDescribed) return i + 1;
        }

        return frames.Length;
    }

    private ProcessModule? FindModule(ulong address) =>
        _symbolizer.Modules.FirstOrDefault(module => module.Mappings.Any(mapping => mapping.Contains(address)));

    public void Dispose()
    {
        _link.Dispose();
        _gdb.Send("end\n");
        _gdb.CloseInput();
        _gdb.WaitForExit();
        _gdb.Dispose();

        // A stop may have been on its way while gdb left.
        if (!_program.HasExited) _program.Signal("CONT");
        _stopper.Dispose();
        _recorded.Dispose();
        _symbolizer.Dispose();
    }

    private static BpfCollection LoadStopper(string folder, int pid, ulong period)
    {
        BpfObject spec = BpfObject.Open(Workloads.CompileProgram("stop.bpf.c", folder));
        spec.SetConstant("stop_pid", (uint)pid);
        spec.SetConstant("stop_period", period);
        return spec.Load();
    }
}
