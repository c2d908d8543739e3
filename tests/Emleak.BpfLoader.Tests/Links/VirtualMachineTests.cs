using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>What the kernel of this machine may refuse, on one that has all of it, in a virtual machine.</summary>
public sealed class VirtualMachineTests(ITestOutputHelper output)
{
    // A kernel that the tests of emleak itself fetch too.
    private const string Kernel = "7.2";

    [Fact]
    public void Programs_are_attached_to_kernel_functions_hooks_programs_structures_and_networks()
    {
        string text = Tools.Run(Repository.PathOf("eng", "kernels", "loader.sh"), Kernel);
        output.WriteLine(text);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // This kernel has the classifiers of old in modules.
        Assert.Equal(["lacks tc, Old"], lines.Where(static line => !line.StartsWith("ok ", StringComparison.Ordinal)).Select(static line => line.Split(':')[0]));
        Assert.Contains("ok attach-fentry-do_sys_openat2", lines);
        Assert.Contains("ok attach-lsm-file_open", lines);
        Assert.Contains("ok freplace", lines);
        Assert.Contains("ok netkit", lines);
        Assert.Contains("ok xdp, Old", lines);
        Assert.True(lines.Length >= 20, $"{lines.Length} checks");
    }
}
