using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Tests.Bindings;

public sealed class KernelAbiTests
{
    [Fact]
    public void Every_generated_field_is_where_btf_says()
    {
        List<(string Name, int Offset, int Size, int ExpectedOffset, int ExpectedSize)> rows = KernelAbiLayout.Measure();
        Assert.True(rows.Count > 300, $"{rows.Count} rows");
        Assert.All(rows, row => Assert.Equal((row.ExpectedOffset, row.ExpectedSize), (row.Offset, row.Size)));
    }

    [Fact]
    public void Bit_fields_set_their_own_bits_only()
    {
        PerfEventAttr attr = new() { Disabled = true, PreciseIp = 3, Sigtrap = true };
        Assert.Equal(1UL | (3UL << 15) | (1UL << 37), attr.Bits40);
        attr.PreciseIp = 1;
        attr.Disabled = false;
        Assert.Equal((1UL << 15) | (1UL << 37), attr.Bits40);
        Assert.Equal(1UL, attr.PreciseIp);
        Assert.True(attr.Sigtrap);
    }

    [Theory]
    [InlineData(BpfMapType.Ringbuf, 27)]
    [InlineData(BpfMapType.StackTrace, 7)]
    [InlineData(BpfMapType.PercpuHash, 5)]
    public void Map_types_have_the_values_of_the_kernel_headers(BpfMapType type, int value) => Assert.Equal(value, (int)type);

    [Theory]
    [InlineData(BpfProgramType.Kprobe, 2)]
    [InlineData(BpfProgramType.RawTracepoint, 17)]
    [InlineData(BpfProgramType.Syscall, 31)]
    public void Program_types_have_the_values_of_the_kernel_headers(BpfProgramType type, int value) => Assert.Equal(value, (int)type);
}
