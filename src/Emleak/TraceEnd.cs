namespace Emleak;

/// <summary>Why a trace has ended.</summary>
internal enum TraceEnd
{
    /// <summary>A signal asked for it; the process runs on.</summary>
    Signal,

    /// <summary>The process's last thread has ended.</summary>
    Exited,

    /// <summary>The process executes another program.</summary>
    Executed,
}
