namespace Emleak.Elf;

/// <summary>
/// Counts the memory that files of strangers take: one budget for each file, inside one for all files of a process. Safe for concurrent use.
/// </summary>
internal sealed class MemoryBudget
{
    private readonly long _limit;
    private readonly string _scope;
    private readonly MemoryBudget? _outer;
    private long _taken;

    private MemoryBudget(long limit, string scope, MemoryBudget? outer)
    {
        _limit = limit;
        _scope = scope;
        _outer = outer;
    }

    /// <summary>Bytes that are taken now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>The budget of files that are read together.</summary>
    public static MemoryBudget ForAll(ElfLimits limits) => new(limits.MaxTotalBytes, "all files of the process", null);

    /// <summary>The budget of one file.</summary>
    /// <param name="limits">The file's limits.</param>
    /// <param name="all">What it is a part of; null when the file is read alone.</param>
    public static MemoryBudget ForFile(ElfLimits limits, MemoryBudget? all) => new(limits.MaxFileBytes, "one file", all ?? ForAll(limits));

    /// <summary>Takes memory that is about to be allocated.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="where">What it is for.</param>
    /// <exception cref="MalformedDataException">There is not so much left.</exception>
    public void Take(long bytes, string where)
    {
        _outer?.Take(bytes, where);
        if (Interlocked.Add(ref _taken, bytes) <= _limit) return;
        Return(bytes);
        throw new MalformedDataException(where, 0, $"limit reached: {bytes} bytes more would be over the {_limit >> 20} MiB for {_scope}");
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(long bytes)
    {
        Interlocked.Add(ref _taken, -bytes);
        _outer?.Return(bytes);
    }
}
