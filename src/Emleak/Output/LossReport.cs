using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak.Output;

/// <summary>What the report does not tell, in words: a line for each kind of loss that happened, none when nothing was lost.</summary>
internal static class LossReport
{
    public static IEnumerable<string> Of(Counters counters, WalkEndings endings, int lateLibraries, (int Files, int Mappings) refusedCode = default)
    {
        if (lateLibraries > 0)
        {
            yield return $"{lateLibraries} libraries ran before they were probed: what they allocated in their first moments may be missed";
        }

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

        if (counters.DoubtfulCalls > 0)
        {
            yield return $"{counters.DoubtfulCalls} calls were taken for an allocator's own: their stacks are incomplete, and the thread was within an allocator call";
        }

        if (counters.UnsafeCalls > 0)
        {
            yield return $"{counters.UnsafeCalls} allocations were not seen: to see them return might have ended the process, whose thread was within an allocator call on another stack";
        }

        if (refusedCode.Files > 0) yield return $"the unwind tables of {refusedCode.Files} files were not loaded, the limit is {(int)UnwindLimits.MaxUnwindAreas}: stacks are lost in their code";
        if (refusedCode.Mappings > 0) yield return $"{refusedCode.Mappings} mappings of code were not loaded, the limit is {(int)UnwindLimits.MaxCodeMappings}: stacks are lost there";
        if (endings[StackEnding.Truncated].Stacks > 0) yield return $"{Share(endings, StackEnding.Truncated)} are cut at {endings.MaxDepth} frames";
        if (endings[StackEnding.Lost].Stacks > 0) yield return $"{Share(endings, StackEnding.Lost)} lack outer frames, lost in {Places(endings)}";
    }

    private static string Share(WalkEndings endings, StackEnding ending)
    {
        (long stacks, ulong bytes) = endings[ending];
        return $"{stacks} of {endings.Stacks} stacks ({bytes} of {endings.Bytes} bytes allocated)";
    }

    private static string Places(WalkEndings endings)
    {
        const int Most = 5;
        IEnumerable<string> places = endings.LostIn.Take(Most).Select(place => $"{place.Module} ({place.Stacks})");
        int others = endings.LostIn.Count() - Most;
        return string.Join(", ", places) + (others > 0 ? $" and {others} others" : "");
    }
}
