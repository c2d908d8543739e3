using System.Runtime.InteropServices;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Tests;

/// <summary>Maps of a process that does not stand still: newer kernels let it change them between two lines of what they tell.</summary>
public sealed unsafe partial class ChangingMapsTests
{
    private const int Pages = 64, Read = 1, ReadWrite = 3;

    [Fact]
    public void Mappings_that_are_split_and_joined_meanwhile_are_read_all_the_same()
    {
        nuint page = (nuint)Environment.SystemPageSize;
        // MAP_PRIVATE | MAP_ANONYMOUS
        byte* memory = Map(null, Pages * page, ReadWrite, 0x22, -1, 0);
        using CancellationTokenSource end = new();
        Thread changer = new(() =>
        {
            for (uint i = 0; !end.IsCancellationRequested; i++) _ = Protect(memory + (i * 7 % Pages * page), page, i / Pages % 2 == 0 ? Read : ReadWrite);
        });
        changer.Start();
        try
        {
            for (int i = 0; i < 3000; i++)
            {
                IReadOnlyList<MemoryMapping> mappings = ProcessMaps.Read(Environment.ProcessId).Mappings;
                for (int at = 1; at < mappings.Count; at++) Assert.True(mappings[at].Start >= mappings[at - 1].End);
            }
        }
        finally
        {
            end.Cancel();
            changer.Join();
            _ = Unmap(memory, Pages * page);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(void* hint, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
