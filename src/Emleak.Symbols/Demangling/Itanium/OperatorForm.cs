namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>How an operator takes its operands in an expression.</summary>
internal enum OperatorForm : byte
{
    Prefix,
    Postfix,
    Binary,
    Subscript,
    Member,
    New,
    Delete,
    Call,
    Cast,
    Conditional,

    /// <summary>Has an <c>operator</c> name but no mangled expression: <c>co_await</c>.</summary>
    NameOnly,

    // The rest has no operator function.
    NamedCast,
    OfType,
    OfExpression,
}
