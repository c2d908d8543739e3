using System.Diagnostics;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak;

/// <summary>The libraries that a program's loader maps before its first instruction of its own.</summary>
internal static class FirstLibraries
{
    private static readonly TimeSpan LoaderPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    /// <summary>Lets a program that waits at its first instruction go on until its loader has mapped what it needs, and probes that.</summary>
    /// <exception cref="EmleakException">It has ended before.</exception>
    public static void Probe(TargetProcess target, TracingHost host, TracingSession session, StopSignals stop, in ProcessEvent beginning)
    {
        host.Watch.LetRun(beginning);
        // A program that did not wait may be anywhere by now: its loader need not say anything any more.
        bool isSure = host.Watch.StartsWait && session.IsLoaderProbed;
        Stopwatch clock = Stopwatch.StartNew();
        bool isDone = !session.IsBeforeLoader;
        while (!isDone && clock.Elapsed < LoaderPatience)
        {
            Span<PollDescriptor> sources =
                [PollDescriptor.ForReading(host.Watch.Descriptor), PollDescriptor.ForReading(target.Descriptor), PollDescriptor.ForReading(stop.Descriptor)];
            Libc.Poll(sources, isSure ? LoaderPatience - clock.Elapsed : Moment);
            isDone = sources[2].IsReady || TakeEvents(target, host, session);
            if (isSure) continue;
            session.ProbeNewModules();
            isDone |= session.ProbeCount > 0;
            if (!isDone && target.HasExited) throw new EmleakException(ExitCode.NoProcess, $"process {target.Pid} ended before an allocator was found in it") { IsOfOneProcess = true };
        }

        session.ProbeNewModules();
        session.DescribeNewCode();
    }

    // True when the libraries are probed, or there is no point in waiting for them.
    private static bool TakeEvents(TargetProcess target, TracingHost host, TracingSession session)
    {
        while (host.Watch.TryTake(out ProcessEvent change))
        {
            if (change.Pid == target.Pid && change.Change == ProcessChange.Loaded)
            {
                // Nothing else runs in it: its first stacks are to be whole, too.
                session.ProbeNewModules();
                session.DescribeNewCode();
                host.Watch.LetRun(change);
                return true;
            }

            if (change.Pid == target.Pid && change.Change == ProcessChange.Forked) continue;
            // Its end, another program in its place, or another process.
            host.Watch.PutBack(change);
            return true;
        }

        return target.HasExited;
    }
}
