using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Programs without frame pointers that know their own call paths: emleak's are the same, frame by frame.</summary>
public sealed class StackWalkTests
{
    private const string NoFramePointers = "-fomit-frame-pointer";

    [Theory]
    [InlineData("allocators", "main")]
    [InlineData("reallocs", "main")]
    [InlineData("mappings", "main")]
    [InlineData("tail_calls", "main")]
    [InlineData("many_stacks", "main")]
    [InlineData("threads", "work")]
    [InlineData("headless", "work")]
    [InlineData("nested", "main", "plain")]
    public void What_the_workloads_hold_is_the_same_without_frame_pointers(string name, string outermost, params string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--stack-walk", "rows");
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }
}
