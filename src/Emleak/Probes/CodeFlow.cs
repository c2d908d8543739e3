namespace Emleak.Probes;

/// <summary>What an instruction does to the flow of control.</summary>
internal enum CodeFlow
{
    /// <summary>The next one follows.</summary>
    Next,

    /// <summary>The next one follows if what is called returns.</summary>
    Call,

    /// <summary>The next one follows, or the target.</summary>
    Branch,

    /// <summary>The target follows.</summary>
    Jump,

    /// <summary>A jump by a table: to another place of the function.</summary>
    TableJump,

    /// <summary>A jump to wherever a register or a word of memory leads.</summary>
    IndirectJump,

    /// <summary>Back to the caller.</summary>
    Return,

    /// <summary>Nothing follows: it is not meant to be executed, or is no instruction.</summary>
    End,
}
