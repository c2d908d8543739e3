using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak.Output;

/// <summary>What the report does not tell, in words: a line for each kind of loss that happened, none when nothing was lost.</summary>
internal static class LossReport
{
    public static IEnumerable<string> Of(Counters counters, StackTable stacks)
    {
        if (counters.UntrackedBlocks > 0)
        {
            yield return $"{counters.UntrackedBlocks} allocations of {counters.UntrackedBytes} bytes found no room in the table of blocks and are not in the report";
        }

        if (counters.UnrecordedStacks > 0)
        {
            yield return $"{counters.UnrecordedStacks} allocations found no room in the table of stacks and are reported as [STACK TABLE FULL]";
        }

        if (counters.UntrackedCalls > 0)
        {
            yield return $"{counters.UntrackedCalls} allocator calls found no room in the table of calls in flight and are not in the report";
        }

        if (counters.AbandonedCalls > 0)
        {
            yield return $"{counters.AbandonedCalls} allocator calls never returned (longjmp, exception, end of thread)";
        }

        if (counters.MissedReleases > 0)
        {
            yield return $"{counters.MissedReleases} releases were not seen: their blocks' addresses were allocated again";
        }

        if (counters.LostMappingEvents > 0)
        {
            yield return $"{counters.LostMappingEvents} changes of mappings found no room in their buffer: direct mmap and munmap may be misreported";
        }

        if (counters.UnreadableResults > 0)
        {
            yield return $"{counters.UnreadableResults} results of posix_memalign could not be read and are not in the report";
        }

        if (counters.UnknownProbes > 0)
        {
            yield return $"{counters.UnknownProbes} allocator calls were not understood: their library was mapped anew, and known again up to a second later";
        }

        int cut = stacks.All.Count(stack => stack.Ending == StackEnding.Truncated);
        if (cut > 0) yield return $"{cut} of {stacks.Count} stacks are cut at {StackTable.MaxFrames} frames";
        int lost = stacks.All.Count(stack => stack.Ending == StackEnding.Lost);
        if (lost > 0) yield return $"{lost} of {stacks.Count} stacks may lack outer frames: code without frame pointers";
    }
}
