using System.Globalization;
using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>What a process had mapped at one moment, in ascending order of addresses.</summary>
public sealed class ProcessMaps
{
    // 65,530 mappings (vm.max_map_count) of the longest path take 270 MB; real processes stay under 10.
    private const int MaxBytes = 1 << 28;

    private const int MostReadings = 100;

    private ProcessMaps(int readerId, List<MemoryMapping> mappings)
    {
        ReaderId = readerId;
        Mappings = mappings;
    }

    /// <summary>All mappings, ascending, not overlapping. Empty when the process has exited.</summary>
    public IReadOnlyList<MemoryMapping> Mappings { get; }

    /// <summary>
    /// The id whose folder under <c>/proc</c> shows the memory: the process id, or that of another of its threads when the
    /// main thread has left by <c>pthread_exit</c>, because then the process's own folder shows none.
    /// </summary>
    public int ReaderId { get; }

    /// <summary>Reads the maps of a process.</summary>
    /// <param name="pid">Process id in the caller's pid namespace.</param>
    /// <exception cref="IOException">There is no such process.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process.</exception>
    /// <exception cref="MalformedDataException">The kernel's text is not as documented.</exception>
    public static ProcessMaps Read(int pid)
    {
        List<MemoryMapping> mappings = ReadMappings(pid);
        if (mappings.Count > 0) return new ProcessMaps(pid, mappings);

        foreach (string folder in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int thread)) continue;
            try
            {
                mappings = ReadMappings(thread);
            }
            catch (IOException)
            {
                // The thread has left since the folder was listed; another one may still be there.
                continue;
            }

            if (mappings.Count > 0) return new ProcessMaps(thread, mappings);
        }

        return new ProcessMaps(pid, []);
    }

    /// <summary>Reads maps from their text.</summary>
    /// <exception cref="MalformedDataException">The text is not as documented.</exception>
    public static ProcessMaps Parse(ReadOnlySpan<byte> text) => new(0, ProcessMapsParser.Parse(text));

    /// <summary>The mapping that <paramref name="address"/> lies in, or null.</summary>
    public MemoryMapping? Find(ulong address) => MappingSearch.Find(Mappings, address);

    // Since 6.17 the kernel does not hold the process still for the reader: what is joined with its neighbour between two lines
    // is told twice (fs/proc/task_mmu.c, get_next_vma). The next reading will hardly meet such a moment, too.
    private static List<MemoryMapping> ReadMappings(int id)
    {
        for (int readings = 1; ; readings++)
        {
            try
            {
                return ReadMappingsOnce(id);
            }
            catch (MalformedDataException) when (readings < MostReadings)
            {
                // Again.
            }
        }
    }

    private static List<MemoryMapping> ReadMappingsOnce(int id)
    {
        using FileStream file = new($"/proc/{id}/maps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var buffer = new byte[1 << 16];
        int length = 0;
        while (file.Read(buffer, length, buffer.Length - length) is > 0 and int read)
        {
            length += read;
            if (length > MaxBytes) throw new MalformedDataException("process maps", length, $"more than {MaxBytes} bytes");
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }

        return ProcessMapsParser.Parse(buffer.AsSpan(0, length));
    }
}
