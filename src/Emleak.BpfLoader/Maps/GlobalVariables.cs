using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>The global variables of one data map: parts of the map's only value, or of an arena.</summary>
internal sealed unsafe class GlobalVariables : IDisposable
{
    private readonly BpfMap _map;
    private readonly IReadOnlyDictionary<string, VariableSpec> _variables;
    private readonly MemoryMapping? _memory;
    private readonly bool _isConstant;

    public GlobalVariables(BpfMap map, MapSpec spec)
    {
        _map = map;
        _variables = spec.Variables;
        _isConstant = spec.Content == MapContent.ReadOnlyData;
        if ((map.Flags & MapFlags.MemoryMappable) == 0) return;
        bool isArena = spec.Type == BpfMapType.Arena;
        nuint pageSize = (nuint)Environment.SystemPageSize;
        nuint length = isArena ? map.MaxEntries * pageSize : ((nuint)map.ValueSize + pageSize - 1) & ~(pageSize - 1);
        Errno errno = MemoryMapping.Map(map.Handle, isArena ? spec.Extra : 0, offset: 0, length, writable: !_isConstant, out _memory);
        // What holds locks, lists or timers is not for user space to write to: read by calls, it leaves them out.
        if (errno == Errno.NotSupportedByKernel && !isArena) return;
        if (_memory is null) throw MapError.For(map, "map into memory", errno);
        if (isArena && spec.InitialValue is byte[] value) value.CopyTo(new Span<byte>(_memory.Pointer, value.Length));
    }

    public bool TryFind(string name, out VariableSpec variable) => _variables.TryGetValue(name, out variable);

    public T Read<T>(in VariableSpec variable)
        where T : unmanaged
    {
        CheckSize<T>(variable);
        if (_memory is not null)
        {
            using MemoryMapping.Lease lease = _memory.Borrow();
            return Unsafe.ReadUnaligned<T>(_memory.Pointer + variable.Offset);
        }

        byte[] value = ArrayPool<byte>.Shared.Rent(_map.ValueSize);
        try
        {
            Lookup(value);
            return MemoryMarshal.Read<T>(value.AsSpan(variable.Offset));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    public void Write<T>(in VariableSpec variable, T newValue)
        where T : unmanaged
    {
        CheckSize<T>(variable);
        // The kernel says so itself, unless it is too old to have constants.
        if (_isConstant) throw MapError.For(_map, "write", Errno.NotPermitted);
        if (_memory is not null)
        {
            using MemoryMapping.Lease lease = _memory.Borrow();
            Unsafe.WriteUnaligned(_memory.Pointer + variable.Offset, newValue);
            return;
        }

        byte[] value = ArrayPool<byte>.Shared.Rent(_map.ValueSize);
        try
        {
            Lookup(value);
            MemoryMarshal.Write(value.AsSpan(variable.Offset), newValue);
            Replace(value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    public void Dispose() => _memory?.Dispose();

    private void CheckSize<T>(in VariableSpec variable)
        where T : unmanaged
    {
        if (sizeof(T) != variable.Size)
        {
            throw new InvalidOperationException(
                $"variable '{variable.Name}' of {_map} has {variable.Size} bytes, {typeof(T).Name} has {sizeof(T)}");
        }
    }

    private void Lookup(byte[] value)
    {
        uint key = 0;
        fixed (byte* pointer = value)
        {
            Errno errno = BpfSyscall.LookupElement(_map.Handle, &key, pointer);
            if (errno != Errno.None) throw MapError.For(_map, "read", errno);
        }
    }

    private void Replace(byte[] value)
    {
        uint key = 0;
        fixed (byte* pointer = value)
        {
            Errno errno = BpfSyscall.UpdateElement(_map.Handle, &key, pointer, flags: 0);
            if (errno != Errno.None) throw MapError.For(_map, "write", errno);
        }
    }
}
