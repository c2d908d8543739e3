using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;
using Emleak.Tracing;

namespace Emleak.Tests.Tracing;

/// <summary>What the programs keep for each thread of the traced process.</summary>
public sealed class ThreadMemoryTests(ITestOutputHelper output)
{
    // In 7.2 (not yet in 6.18) the kernel takes it from slabs without waiting (kmalloc_nolock in bpf_selem_alloc): KMALLOC_MAX_CACHE_SIZE, two
    // pages. Larger maps can be made, and never hold a value.
    private const uint LargestElement = 2 * 4096;
    private const uint MostHeader = 128;

    [Theory]
    [InlineData("emleak.bpf.o")]
    [InlineData("emleak-bounded.bpf.o")]
    public void It_fits_into_what_new_kernels_give_to_a_value_of_task_storage(string name)
    {
        MapSpec[] maps = [.. EmbeddedObject.Open(name).Maps.Values.Where(static map => map.Type == BpfMapType.TaskStorage)];
        Assert.NotEmpty(maps);
        foreach (MapSpec map in maps)
        {
            output.WriteLine($"{map.Name}: {map.ValueSize} bytes");
            Assert.InRange(map.ValueSize, 1U, LargestElement - MostHeader);
        }
    }
}
