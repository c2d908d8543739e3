namespace Emleak.Recordings.Model;

/// <summary>A call stack that allocated.</summary>
/// <param name="Id">Its number within the run.</param>
/// <param name="Node">Index of its innermost frame's node; -1 when it has no frames.</param>
/// <param name="Key">Its identity across runs and machines.</param>
/// <param name="Ending">How its unwind ended.</param>
/// <param name="Remark">What must be known about it.</param>
public sealed record CallStack(int Id, int Node, StackKey Key, StackEnding Ending = StackEnding.Complete, StackRemark Remark = StackRemark.None);

/// <summary>How the unwind of a stack ended.</summary>
public enum StackEnding
{
    /// <summary>At the outermost frame.</summary>
    Complete = 0,

    /// <summary>At the limit on frames.</summary>
    Truncated = 1,

    /// <summary>At a frame whose caller could not be found: outer frames are missing.</summary>
    Lost = 2,
}

/// <summary>What must be known about a stack to read its numbers right.</summary>
public enum StackRemark
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It stands for all allocations whose stack found no space in the kernel's table of stacks.</summary>
    TableFull = 1,
}
