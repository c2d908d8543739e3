namespace Emleak.Tests.Support;

/// <summary>Values of EMLEAK_MASK that make emleak attach in a certain way, whatever this kernel is best at.</summary>
internal static class AttachMasks
{
    /// <summary>The best that there is.</summary>
    public const string Sessions = "";

    /// <summary>Links to many functions, for entries and for returns.</summary>
    public const string Links = "uprobe-session";

    /// <summary>A perf event for each probe.</summary>
    public const string PerfEvents = "uprobe-session,uprobe-multi-by-process,uprobe-multi";

    /// <summary>The same without cookies.</summary>
    public const string PerfEventsByAddress = PerfEvents + ",uprobe-cookies";
}
