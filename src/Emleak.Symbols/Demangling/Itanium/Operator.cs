namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>One operator of the mangling.</summary>
/// <param name="Form">How it takes operands.</param>
/// <param name="Precedence">How strongly it binds.</param>
/// <param name="Symbol">Its spelling in an expression.</param>
/// <param name="Name">What a function that overloads it is called.</param>
/// <param name="IsVariant">The array form of new and delete, the parenthesized call, the member access that can be overloaded.</param>
internal sealed record Operator(OperatorForm Form, Precedence Precedence, byte[] Symbol, byte[] Name, bool IsVariant)
{
    /// <summary>Whether a function can be called <c>operator@</c>.</summary>
    public bool IsNameable => Form < OperatorForm.NamedCast && (Form != OperatorForm.Member || IsVariant);

    /// <summary>Whether a fold expression can use it.</summary>
    public bool IsFoldable => Form == OperatorForm.Binary || (Form == OperatorForm.Member && Symbol[^1] == '*');
}
