using Emleak.BpfLoader.Links;

namespace Emleak.BpfLoader.Tests.Links;

public sealed class UprobeWarmUpTests
{
    [Fact]
    public void The_kernel_takes_a_probe_in_a_file_that_nobody_has_mapped() => Assert.True(UprobeWarmUp.Run());
}
