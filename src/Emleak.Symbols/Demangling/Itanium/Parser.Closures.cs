namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.8 Closure types and unnamed types, with the template parameters that generic lambdas declare.</summary>
internal sealed partial class Parser
{
    private int ParseUnnamedType(bool isEncoding)
    {
        // Parameters mean the innermost arguments: forget those of the scopes around.
        if (isEncoding) TruncateLevels(_firstLevel);

        Take('U');
        if (Take('t')) return ParseUnnamedNumber(out int number) ? arena.Add(NodeKind.UnnamedType, number) : 0;
        if (Take('l')) return ParseClosure();
        return Take('b') && ParseUnnamedNumber(out _) ? Words.BlockLiteral : 0;
    }

    private bool ParseUnnamedNumber(out int number)
    {
        number = ParseNumber();
        return Take('_');
    }

    private int ParseClosure()
    {
        int outerLambdaLevel = _lambdaLevel;
        int levels = _levels.Count;
        int parameters = _parameters.Count;
        _lambdaLevel = OpenLevels;
        int closure = ParseClosureSignature(OpenLevel());
        _lambdaLevel = outerLambdaLevel;
        TruncateLevels(levels);
        _parameters.Truncate(parameters);
        return closure;
    }

    private int ParseClosureSignature(int level)
    {
        int first = _pending.Count;
        while (IsParameterDeclaration)
        {
            int declaration = ParseParameterDeclaration(level);
            if (declaration == 0) return 0;
            _pending.Push(declaration);
        }

        // Without explicit parameters the level exists only if an "auto" turns up.
        int templateParameters = PopList(first);
        if (templateParameters == 0) TruncateLevels(level);

        int templateRequires = 0;
        if (Take('Q') && (templateRequires = ParseConstraint()) == 0) return 0;
        if (!TryParseClosureParameters(out int parameters)) return 0;
        int requires = 0;
        if (Take('Q') && (requires = ParseConstraint()) == 0) return 0;
        if (!Take('E') || !ParseUnnamedNumber(out int number)) return 0;
        return arena.Add(NodeKind.ClosureType, templateParameters, templateRequires, parameters, requires, number);
    }

    private bool TryParseClosureParameters(out int parameters)
    {
        parameters = 0;
        if (Take('v')) return true;
        int first = _pending.Count;
        do
        {
            int type = ParseType();
            if (type == 0) return false;
            _pending.Push(type);
        }
        while (Peek() != 'E' && Peek() != 'Q');
        parameters = PopList(first);
        return true;
    }

    private bool IsParameterDeclaration =>
        Peek() == 'T' && Peek(1) is (byte)'y' or (byte)'p' or (byte)'t' or (byte)'n' or (byte)'k';

    private int ParseParameterDeclaration(int level)
    {
        if (!TryEnter()) return 0;
        byte kind = Take('T') ? Peek() : (byte)0;
        if (kind != 0) _position++;
        return Leave((char)kind switch
        {
            'y' => RightShaped(arena.Add(NodeKind.TypeParameter, InventParameter(Words.InventedType, 0, level))),
            'k' => ParseConstrainedParameter(level),
            'n' => ParseValueParameter(level),
            't' => ParseTemplateTemplateParameter(level),
            'p' => ParsePackParameter(level),
            _ => 0,
        });
    }

    private int RightShaped(int node) => arena.Shaped(node, Shape.Right);

    // Parameters have no names in the mangling: they are called $T, $T0, $T1...
    private int InventParameter(int word, int kind, int level)
    {
        int name = arena.Add(NodeKind.InventedParameter, word, _inventedParameters[kind]++);
        AddParameter(level, name);
        return name;
    }

    private int ParseConstrainedParameter(int level)
    {
        bool outer = _showsUnknownParameters;
        _showsUnknownParameters = true;
        int constraint = ParseName();
        _showsUnknownParameters = outer;
        if (constraint == 0) return 0;
        int name = InventParameter(Words.InventedType, 0, level);
        return RightShaped(arena.Add(NodeKind.ConstrainedParameter, constraint, name));
    }

    private int ParseValueParameter(int level)
    {
        int name = InventParameter(Words.InventedValue, 1, level);
        int type = ParseType();
        return type == 0 ? 0 : RightShaped(arena.Add(NodeKind.ValueParameter, name, type));
    }

    private int ParseTemplateTemplateParameter(int level)
    {
        int name = InventParameter(Words.InventedTemplate, 2, level);
        int levels = _levels.Count;
        int parameters = _parameters.Count;
        int result = ParseTemplateTemplateParameter(name, OpenLevel());
        TruncateLevels(levels);
        _parameters.Truncate(parameters);
        return result;
    }

    private int ParseTemplateTemplateParameter(int name, int innerLevel)
    {
        int requires = 0;
        int first = _pending.Count;
        while (!Take('E'))
        {
            int parameter = ParseParameterDeclaration(innerLevel);
            if (parameter == 0) return 0;
            _pending.Push(parameter);
            if (!Take('Q')) continue;
            requires = Closed(ParseConstraint(), 'E');
            if (requires == 0) return 0;
            break;
        }

        return RightShaped(arena.Add(NodeKind.TemplateParameter, name, PopList(first), requires));
    }

    private int ParsePackParameter(int level)
    {
        int parameter = ParseParameterDeclaration(level);
        return parameter == 0 ? 0 : arena.Shaped(arena.Add(NodeKind.PackParameter, parameter), Shape.Right);
    }

    private int ParseConstraint()
    {
        bool outer = _showsParameterNumbers;
        _showsParameterNumbers = true;
        int constraint = ParseExpression();
        _showsParameterNumbers = outer;
        return constraint;
    }
}
