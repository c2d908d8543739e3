namespace Emleak.Symbols;

/// <summary>What an address in a stack stands for.</summary>
public enum AddressKind
{
    /// <summary>The instruction itself: an instruction pointer, a function pointer.</summary>
    Exact = 0,

    /// <summary>
    /// The instruction after a call. The call itself is looked up, because a call that never returns may be the last
    /// instruction of its function and the address after it that of the next one.
    /// </summary>
    Return,
}
