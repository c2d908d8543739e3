namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>What the name of an encoding tells about the function that it names.</summary>
internal struct NameState
{
    /// <summary>False for names inside types and expressions: nothing is noted, no template arguments are remembered.</summary>
    public bool IsEncoding;

    /// <summary>Constructors, destructors and conversions have no return type even if they are templates.</summary>
    public bool HasNoReturnType;
    public bool EndsWithTemplateArguments;
    public bool HasObjectParameter;
    public NodeFlags Qualifiers;
}
