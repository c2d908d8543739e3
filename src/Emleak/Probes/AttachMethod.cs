namespace Emleak.Probes;

/// <summary>How probes are attached, the cheapest first.</summary>
internal enum AttachMethod
{
    /// <summary>One program for entry and return, one link for many functions (kernel 6.13).</summary>
    Sessions,

    /// <summary>A program for each, one link for many functions (6.6; limited to a process since 6.10).</summary>
    Links,

    /// <summary>A program for each, and a perf event for each probe of each function, which carries a cookie (5.15).</summary>
    PerfEvents,

    /// <summary>Perf events without cookies: the programs know a probe by its address.</summary>
    PerfEventsByAddress,
}
