namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.6.3 Unresolved names: what an expression names before templates are instantiated.</summary>
internal sealed partial class Parser
{
    private int ParseUnresolvedName(bool isGlobal)
    {
        if (Take("srN"u8)) return ParseNestedUnresolvedName();
        if (!Take('s', 'r'))
        {
            int name = ParseBaseUnresolvedName();
            return name != 0 && isGlobal ? arena.Add(NodeKind.GlobalName, name) : name;
        }

        int scope = IsDigit(Peek()) ? ParseQualifierLevels(isGlobal) : ParseUnresolvedScope();
        return Qualified(scope, scope == 0 ? 0 : ParseBaseUnresolvedName());
    }

    // srN <unresolved-type> [<template-args>] <simple-id>* E <base-unresolved-name>
    private int ParseNestedUnresolvedName()
    {
        int scope = ParseUnresolvedScope();
        while (scope != 0 && !Take('E')) scope = Qualified(scope, ParseSimpleId());
        return Qualified(scope, scope == 0 ? 0 : ParseBaseUnresolvedName());
    }

    private int ParseQualifierLevels(bool isGlobal)
    {
        int scope = ParseSimpleId();
        if (scope != 0 && isGlobal) scope = arena.Add(NodeKind.GlobalName, scope);
        while (scope != 0 && !Take('E')) scope = Qualified(scope, ParseSimpleId());
        return scope;
    }

    private int Qualified(int scope, int name) =>
        scope == 0 || name == 0 ? 0 : arena.Add(NodeKind.NestedName, scope, name);

    private int ParseUnresolvedScope()
    {
        int type = ParseUnresolvedType();
        return type != 0 && Peek() == 'I' ? WithArguments(type) : type;
    }

    private int ParseUnresolvedType() => (char)Peek() switch
    {
        'T' => Substitutable(ParseTemplateParameter()),
        'D' => Substitutable(ParseDecltype()),
        _ => ParseSubstitution(),
    };

    private int ParseSimpleId()
    {
        int name = ParseSourceName();
        return name != 0 && Peek() == 'I' ? WithArguments(name) : name;
    }

    private int ParseBaseUnresolvedName()
    {
        if (IsDigit(Peek())) return ParseSimpleId();
        if (Take('d', 'n')) return ParseDestructorName();
        Take('o', 'n');
        NameState unused = default;
        int name = ParseOperatorName(ref unused);
        return name != 0 && Peek() == 'I' ? WithArguments(name) : name;
    }

    private int ParseDestructorName()
    {
        int type = IsDigit(Peek()) ? ParseSimpleId() : ParseUnresolvedType();
        return type == 0 ? 0 : arena.Add(NodeKind.DestructorName, type);
    }
}
