using System.Buffers;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Buffers;

/// <summary>
/// The records of one CPU. Layout: <c>struct perf_event_mmap_page</c> and <c>struct perf_event_header</c> of linux/perf_event.h.
/// </summary>
internal sealed unsafe class PerfCpuBuffer : IDisposable
{
    private const int AnyThread = -1;
    private const ulong SampleRaw = 1 << 10;

    private const int HeadOffset = 1024;
    private const int TailOffset = 1032;

    private const uint LostRecord = 2;
    private const uint SampleRecord = 9;

    private readonly BpfMap _map;
    private readonly uint _cpu;
    private readonly BpfHandle _perfEvent;
    private readonly MemoryMapping _memory;
    private readonly byte* _data;
    private readonly uint _size;

    private PerfCpuBuffer(BpfMap map, int cpu, BpfHandle perfEvent, MemoryMapping memory, uint size)
    {
        _map = map;
        _cpu = (uint)cpu;
        _perfEvent = perfEvent;
        _memory = memory;
        _data = memory.Pointer + Environment.SystemPageSize;
        _size = size;
    }

    /// <summary>Records that the kernel has reported as lost.</summary>
    public ulong LostCount { get; private set; }

    /// <summary>Null when there is no such CPU now.</summary>
    public static PerfCpuBuffer? TryOpen(BpfMap map, int cpu, uint size)
    {
        PerfEventAttr attr = default;
        attr.Type = (uint)PerfTypeId.Software;
        attr.Config = (ulong)PerfSoftwareId.BpfOutput;
        attr.SampleType = SampleRaw;
        attr.SamplePeriod = 1;
        attr.WakeupEvents = 1;
        Errno errno = PerfEventSyscall.Open(&attr, AnyThread, cpu, out BpfHandle? perfEvent);
        if (errno == Errno.NoDevice) return null;
        if (perfEvent is null) throw Failure(map, cpu, errno);
        errno = MemoryMapping.Map(perfEvent, offset: 0, (nuint)Environment.SystemPageSize + size, writable: true, out MemoryMapping? memory);
        if (memory is not null) return new PerfCpuBuffer(map, cpu, perfEvent, memory, size);
        perfEvent.Dispose();
        throw Failure(map, cpu, errno);
    }

    /// <summary>Lets programs send to this buffer, and the set become ready with it.</summary>
    public void Attach(BpfHandle readiness)
    {
        Readiness.Add(readiness, _perfEvent);
        using BpfHandle.Lease lease = _perfEvent.Borrow();
        uint cpu = _cpu;
        uint descriptor = lease.Descriptor;
        Errno errno = BpfSyscall.UpdateElement(_map.Handle, &cpu, &descriptor, flags: 0);
        if (errno == Errno.None) errno = PerfEventSyscall.Enable(_perfEvent);
        if (errno != Errno.None) throw Failure(_map, (int)cpu, errno);
    }

    /// <summary>Gives each record to the handler, and its place back to the kernel afterwards.</summary>
    public int Read(RecordHandler handler)
    {
        using MemoryMapping.Lease lease = _memory.Borrow();
        // Only readers write the tail, and there is one reader.
        ulong* tailPointer = (ulong*)(_memory.Pointer + TailOffset);
        ulong tail = *tailPointer;
        int count = 0;
        // Acquire: records are not read before the head that says they are there.
        while (tail != Volatile.Read(ref *(ulong*)(_memory.Pointer + HeadOffset)))
        {
            // Everything starts on a multiple of 8 bytes, so that a header does not wrap around.
            RecordHeader header = *(RecordHeader*)(_data + (tail & (_size - 1)));
            if (header.Size < sizeof(RecordHeader)) throw new BpfException($"the buffer of {_map} on CPU {_cpu} is damaged");
            try
            {
                count += Deliver(header, tail, handler);
            }
            finally
            {
                tail += header.Size;
                // Release: the kernel may overwrite the record only after it was read.
                Volatile.Write(ref *tailPointer, tail);
            }
        }

        return count;
    }

    public void Dispose()
    {
        // The map would keep the event, and programs would go on filling it. What fails here is over already.
        uint cpu = _cpu;
        if (!_map.Handle.IsClosed) _ = BpfSyscall.DeleteElement(_map.Handle, &cpu);
        _memory.Dispose();
        _perfEvent.Dispose();
    }

    private int Deliver(in RecordHeader header, ulong tail, RecordHandler handler)
    {
        int length = header.Size - sizeof(RecordHeader);
        byte[]? copy = null;
        try
        {
            ReadOnlySpan<byte> body = Body(tail + (ulong)sizeof(RecordHeader), length, ref copy);
            switch (header.Type)
            {
                case SampleRecord:
                    int size = MemoryMarshal.Read<int>(body);
                    handler(body.Slice(sizeof(int), size));
                    return 1;
                case LostRecord:
                    // An id, and how many.
                    LostCount += MemoryMarshal.Read<ulong>(body[sizeof(ulong)..]);
                    return 0;
                default:
                    return 0;
            }
        }
        finally
        {
            if (copy is not null) ArrayPool<byte>.Shared.Return(copy);
        }
    }

    // In place, unless the record wraps around the end of the buffer.
    private ReadOnlySpan<byte> Body(ulong position, int length, ref byte[]? copy)
    {
        int start = (int)(position & (_size - 1));
        int toEnd = (int)_size - start;
        if (length <= toEnd) return new ReadOnlySpan<byte>(_data + start, length);
        copy = ArrayPool<byte>.Shared.Rent(length);
        new ReadOnlySpan<byte>(_data + start, toEnd).CopyTo(copy);
        new ReadOnlySpan<byte>(_data, length - toEnd).CopyTo(copy.AsSpan(toEnd));
        return copy.AsSpan(0, length);
    }

    private static BpfException Failure(BpfMap map, int cpu, Errno errno) => new($"open a buffer of {map} on CPU {cpu}", errno, errno switch
    {
        Errno.NotPermitted or Errno.AccessDenied => "this needs root, or CAP_PERFMON, or smaller buffers (/proc/sys/kernel/perf_event_mlock_kb)",
        Errno.TooManyOpenFiles => "every CPU takes a file descriptor: raise the limit (ulimit -n)",
        _ => null,
    });

    /// <summary><c>struct perf_event_header</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct RecordHeader
    {
        public readonly uint Type;
        public readonly ushort Misc;
        public readonly ushort Size;
    }
}
