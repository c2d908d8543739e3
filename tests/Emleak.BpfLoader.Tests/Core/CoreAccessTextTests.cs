using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;

namespace Emleak.BpfLoader.Tests.Core;

/// <summary>Relocations in the words of the C programmer.</summary>
public sealed class CoreAccessTextTests
{
    [Theory]
    [InlineData("moved", "task.start")]
    [InlineData("nested", "task.inner.b")]
    [InlineData("element", "task.many[2].b")]
    [InlineData("second_root", "task[2].start")]
    [InlineData("type_gone", "gone")]
    [InlineData("enum_changed", "state::STATE_TWO")]
    public void An_access_is_told_by_names(string program, string text)
    {
        CoreRelocation relocation = CoreFixture.Programs.Programs[program].CoreRelocations[0];
        Assert.Equal(text, CoreAccessText.Describe(CoreFixture.Programs.Btf!, relocation));
    }

    [Fact]
    public void An_access_that_fits_no_type_is_told_as_it_is()
    {
        BtfTypes types = CoreFixture.Programs.Btf!;
        CoreRelocation relocation = CoreFixture.Programs.Programs["moved"].CoreRelocations[0] with { Access = "0:99:x" };
        Assert.Equal("task (0:99:x)", CoreAccessText.Describe(types, relocation));
    }
}
