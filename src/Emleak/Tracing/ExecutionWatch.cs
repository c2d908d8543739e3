using System.Runtime.InteropServices;
using System.Text;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>Notices when a program of a name begins to execute, anywhere on the machine.</summary>
internal sealed class ExecutionWatch : IDisposable
{
    private readonly BpfCollection _programs;
    private readonly RingBuffer _executions;
    private readonly BpfLink _link;

    /// <param name="name">The program's name. The kernel keeps, and compares, 15 bytes of it.</param>
    public ExecutionWatch(string name)
    {
        BpfObject spec = EmbeddedObject.Open("executions.bpf.o");
        spec.SetConstant("watched_comm", CommOf(name));
        _programs = spec.Load();
        _executions = new RingBuffer(_programs.Maps["executions"]);
        _link = _programs.Programs["execution"].AttachRawTracepoint("sched_process_exec");
    }

    /// <summary>Readable when there is something to take.</summary>
    public int Descriptor => _executions.FileDescriptor;

    /// <summary>The process id of the oldest execution not taken yet, or null.</summary>
    public int? Take()
    {
        foreach (ReadOnlySpan<byte> record in _executions.Read())
        {
            return (int)MemoryMarshal.Read<ExecutionEvent>(record).Pid;
        }

        return null;
    }

    public void Dispose()
    {
        _link.Dispose();
        _executions.Dispose();
        _programs.Dispose();
    }

    private static ExecutionEvent.CommArray CommOf(string name)
    {
        ExecutionEvent.CommArray comm = default;
        Span<byte> bytes = comm;
        byte[] encoded = Encoding.UTF8.GetBytes(name);
        encoded.AsSpan(0, Math.Min(encoded.Length, bytes.Length - 1)).CopyTo(bytes);
        return comm;
    }
}
