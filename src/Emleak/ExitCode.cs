namespace Emleak;

/// <summary>How emleak ends. Documented in the README; scripts depend on the numbers.</summary>
internal enum ExitCode
{
    Success = 0,

    /// <summary>Tracing failed for a reason that has no code of its own.</summary>
    Failure = 1,

    /// <summary>The command line makes no sense.</summary>
    Usage = 2,

    /// <summary>emleak may not trace: not root.</summary>
    NotPermitted = 3,

    /// <summary>There is no such process, or it is one that cannot be traced.</summary>
    NoProcess = 4,

    /// <summary>An allocator function was not found.</summary>
    FunctionNotFound = 5,

    /// <summary>The kernel lacks something that emleak needs.</summary>
    KernelNotSupported = 6,

    /// <summary>The output folder or a file in it cannot be written.</summary>
    OutputNotWritable = 7,

    /// <summary>The program to run is there and cannot be executed: a shell's number.</summary>
    ProgramNotExecutable = 126,

    /// <summary>The program to run is not there: a shell's number.</summary>
    ProgramNotFound = 127,
}
