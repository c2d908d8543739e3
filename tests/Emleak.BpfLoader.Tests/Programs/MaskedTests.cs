using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Tests.Differential;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>The tests for old kernels, in processes that are told to do without what those kernels lack.</summary>
public sealed partial class MaskedTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("global-data")]
    [InlineData("global-data,mappable-arrays")]
    [InlineData("mappable-arrays")]
    [InlineData("program-btf")]
    [InlineData("global-functions")]
    [InlineData("probe-read-user")]
    [InlineData("kernel-btf")]
    [InlineData("all-5.3")]
    [InlineData("all-4.18")]
    public void Objects_are_loaded_without(string mask) => RunMasked(nameof(OldKernelTests), mask, []);

    /// <summary>Functions that nothing calls, callbacks in callbacks, lists: looked up variables serve all of them.</summary>
    [Fact]
    public void What_newer_objects_compute_is_the_same_without_global_variables() => RunMasked(nameof(NewerRunTests), "global-data", [], "-method-", "*arena*");

    [Theory]
    [InlineData("")]
    [InlineData("memory-accounting")]
    public void The_limit_on_locked_memory_is_raised_only_where_the_kernel_charges_against_it(string mask) =>
        RunMasked(nameof(LockedMemoryTests), mask, ["prlimit", $"--memlock={LockedMemoryTests.SmallLimit}:{2 * LockedMemoryTests.SmallLimit}"]);

    private void RunMasked(string tests, string mask, string[] wrapper, params string[] further)
    {
        string[] command = [.. wrapper, Environment.ProcessPath!, "-noColor", "-noLogo", "-explicit", "on", "-class", $"*.{tests}", .. further];
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment[FeatureMask.Variable] = mask;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        output.WriteLine(text);
        Assert.Equal(0, process.ExitCode);
        Assert.True(int.Parse(Total().Match(text).Groups["count"].Value, CultureInfo.InvariantCulture) > 0, "no test ran");
    }

    [GeneratedRegex(@"Total: (?<count>\d+), Errors: 0, Failed: 0, Skipped: 0", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Total();
}
