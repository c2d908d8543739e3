using System.Runtime.CompilerServices;
using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Maps;

/// <summary>The map seen as what its type makes of it.</summary>
public sealed partial class BpfMap
{
    /// <summary>The same map, seen with types for keys and values.</summary>
    /// <exception cref="InvalidOperationException">
    /// The types do not have the map's sizes, or the map keeps a value for each CPU.
    /// </exception>
    public BpfMap<TKey, TValue> As<TKey, TValue>()
        where TKey : unmanaged
        where TValue : unmanaged
    {
        if (HasValuesPerCpu) throw new InvalidOperationException($"map '{Name}' keeps a value for each CPU: see it by {nameof(AsPerCpu)}");
        CheckKey<TKey>();
        CheckValue<TValue>();
        return new BpfMap<TKey, TValue>(this);
    }

    /// <summary>The same map, which keeps a value for each CPU, seen with types for keys and values.</summary>
    /// <exception cref="InvalidOperationException">The types do not have the map's sizes, or the map keeps one value.</exception>
    public PerCpuMap<TKey, TValue> AsPerCpu<TKey, TValue>()
        where TKey : unmanaged
        where TValue : unmanaged
    {
        if (!HasValuesPerCpu) throw new InvalidOperationException($"{this} does not keep a value for each CPU: see it by {nameof(As)}");
        CheckKey<TKey>();
        CheckValue<TValue>();
        return new PerCpuMap<TKey, TValue>(this);
    }

    /// <summary>The same map, seen as the queue or stack that it is.</summary>
    /// <exception cref="InvalidOperationException">The type does not have the values' size, or the map is no queue or stack.</exception>
    public BpfQueue<TValue> AsQueue<TValue>()
        where TValue : unmanaged
    {
        CheckType(BpfMapType.Queue, BpfMapType.Stack);
        CheckValue<TValue>();
        return new BpfQueue<TValue>(this);
    }

    /// <summary>The same map, seen as the map of maps that it is.</summary>
    /// <exception cref="InvalidOperationException">The type does not have the keys' size, or the values are no maps.</exception>
    public MapOfMaps<TKey> AsMapOfMaps<TKey>()
        where TKey : unmanaged
    {
        CheckType(BpfMapType.ArrayOfMaps, BpfMapType.HashOfMaps);
        CheckKey<TKey>();
        return new MapOfMaps<TKey>(this);
    }

    /// <summary>The same map, seen as the array of programs that it is.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public ProgramArray AsProgramArray()
    {
        CheckType(BpfMapType.ProgArray);
        return new ProgramArray(this);
    }

    /// <summary>The same map, seen as the call stacks that it holds.</summary>
    /// <exception cref="InvalidOperationException">It holds none, or offsets in files instead of addresses.</exception>
    public StackTraces AsStackTraces()
    {
        CheckType(BpfMapType.StackTrace);
        if ((Flags & MapFlags.StacksWithBuildIds) != 0) throw new InvalidOperationException($"{this} has build ids instead of addresses");
        return new StackTraces(this);
    }

    /// <summary>The same map, seen as the values at tasks that it keeps.</summary>
    /// <exception cref="InvalidOperationException">The type does not have the values' size, or the map is no storage at tasks.</exception>
    public TaskStorage<TValue> AsTaskStorage<TValue>()
        where TValue : unmanaged
    {
        CheckType(BpfMapType.TaskStorage);
        CheckValue<TValue>();
        return new TaskStorage<TValue>(this);
    }

    /// <summary>Maps an array's values into memory. Since kernel 5.5. The caller disposes what it gets.</summary>
    /// <param name="writable">False: for reading only, as frozen maps demand.</param>
    /// <exception cref="InvalidOperationException">
    /// The type does not have the values' size, the map is no array, or it was made without <c>BPF_F_MMAPABLE</c>.
    /// </exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public MappedArray<TValue> MapMemory<TValue>(bool writable = true)
        where TValue : unmanaged
    {
        CheckType(BpfMapType.Array);
        CheckValue<TValue>();
        return new MappedArray<TValue>(this, writable);
    }

    private bool HasValuesPerCpu => Type is BpfMapType.PercpuHash or BpfMapType.PercpuArray or BpfMapType.LruPercpuHash;

    private void CheckType(BpfMapType wanted, BpfMapType orWanted = BpfMapType.Unspec)
    {
        if (Type != wanted && Type != orWanted)
            throw new InvalidOperationException($"{this} is not of type {wanted}{(orWanted == BpfMapType.Unspec ? "" : $" or {orWanted}")}");
    }

    private void CheckKey<TKey>() => CheckSize<TKey>("keys", KeySize);

    private void CheckValue<TValue>() => CheckSize<TValue>("values", ValueSize);

    private void CheckSize<T>(string what, int size)
    {
        if (Unsafe.SizeOf<T>() != size)
            throw new InvalidOperationException($"map '{Name}' has {what} of {size} bytes; {typeof(T).Name} has {Unsafe.SizeOf<T>()}");
    }
}
