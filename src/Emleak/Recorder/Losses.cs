using System.Globalization;
using Emleak.Recordings.Model;
using Emleak.Tracing;
using Emleak.Tracing.Records;
using StackEnding = Emleak.Tracing.Records.StackEnding;

namespace Emleak.Recorder;

/// <summary>What a trace lacks: one for each kind that happened, in words for people, none when nothing was lost.</summary>
internal static class Losses
{
    private const int MostPlaces = 5;

    public static IEnumerable<Loss> Of(Counters counters, WalkEndings endings, int lateLibraries, (int Files, int Mappings) refusedCode = default)
    {
        (long truncated, ulong truncatedBytes) = endings[StackEnding.Truncated];
        (long lost, ulong lostBytes) = endings[StackEnding.Lost];
        Loss[] all =
        [
            Make("late-libraries", (ulong)lateLibraries, "libraries ran before they were probed: what they allocated in their first moments may be missed"),
            Make("untracked-blocks", counters.UntrackedBlocks, $"allocations of {counters.UntrackedBytes} bytes found no room in the table of blocks and are not in the report", counters.UntrackedBytes),
            Make("unrecorded-stacks", counters.UnrecordedStacks, "allocations found no room in the table of stacks and are reported as [STACK TABLE FULL]"),
            Make("untracked-calls", counters.UntrackedCalls, "allocator calls found no room in the table of calls in flight and are not in the report"),
            Make("abandoned-calls", counters.AbandonedCalls, "allocator calls never returned (longjmp, exception, end of thread)"),
            Make("missed-releases", counters.MissedReleases, "releases were not seen: their blocks' addresses were allocated again"),
            Make("lost-mapping-events", counters.LostMappingEvents, "changes of mappings found no room in their buffer: direct mmap and munmap may be misreported"),
            Make("unreadable-results", counters.UnreadableResults, "results of posix_memalign could not be read and are not in the report"),
            Make("unknown-probes", counters.UnknownProbes, "allocator calls were not understood: their library was mapped anew, and known again up to a second later"),
            Make("doubtful-calls", counters.DoubtfulCalls, "calls were taken for an allocator's own: their stacks are incomplete, and the thread was within an allocator call"),
            Make("unsafe-calls", counters.UnsafeCalls, "allocations were not seen: to see them return might have ended the process, whose thread was within an allocator call on another stack"),
            new("unloaded-tables", refusedCode.Files, Detail: $"the unwind tables of {refusedCode.Files} files were not loaded, the limit is {(int)UnwindLimits.MaxUnwindAreas}: stacks are lost in their code"),
            Make("unloaded-mappings", (ulong)refusedCode.Mappings, $"mappings of code were not loaded, the limit is {(int)UnwindLimits.MaxCodeMappings}: stacks are lost there"),
            new("truncated-stacks", truncated, (long)truncatedBytes, $"{Share(endings, StackEnding.Truncated)} are cut at {endings.MaxDepth} frames"),
            new("lost-stacks", lost, (long)lostBytes, $"{Share(endings, StackEnding.Lost)} lack outer frames, lost in {Places(endings)}"),
        ];
        return all.Where(loss => loss.Count > 0);
    }

    private static Loss Make(string code, ulong count, string what, ulong? bytes = null) =>
        new(code, (long)count, (long?)bytes, string.Create(CultureInfo.InvariantCulture, $"{count} {what}"));

    private static string Share(WalkEndings endings, StackEnding ending)
    {
        (long stacks, ulong bytes) = endings[ending];
        return $"{stacks} of {endings.Stacks} stacks ({bytes} of {endings.Bytes} bytes allocated)";
    }

    private static string Places(WalkEndings endings)
    {
        IEnumerable<string> places = endings.LostIn.Take(MostPlaces).Select(place => $"{place.Module} ({place.Stacks})");
        int others = endings.LostIn.Count() - MostPlaces;
        return string.Join(", ", places) + (others > 0 ? $" and {others} others" : "");
    }
}
