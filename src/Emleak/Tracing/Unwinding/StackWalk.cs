namespace Emleak.Tracing.Unwinding;

/// <summary>By what stacks are walked.</summary>
internal enum StackWalk
{
    /// <summary>Unwind rows where there are any, frame pointers where there are none.</summary>
    Auto,

    /// <summary>Unwind rows only: a stack is lost at code that has none.</summary>
    Rows,

    /// <summary>Frame pointers only.</summary>
    FramePointer,
}
