namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>C++ operator precedence, strongest first: decides where an operand needs parentheses.</summary>
internal enum Precedence : byte
{
    Primary,
    Postfix,
    Unary,
    Cast,
    MemberPointer,
    Multiplicative,
    Additive,
    Shift,
    Spaceship,
    Relational,
    Equality,
    And,
    Xor,
    Or,
    LogicalAnd,
    LogicalOr,
    Conditional,
    Assignment,
    Comma,

    /// <summary>Weaker than all: an operand measured against it never needs parentheses.</summary>
    Weakest,
}
