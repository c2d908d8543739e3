namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.5.8 Template parameters, 5.1.7 template arguments, 5.1.8 closures, and what "T_" means where it is read.</summary>
internal sealed partial class Parser
{
    private const int NoLevel = -1;

    /// <summary>All template arguments that can be meant, those of inner encodings and lambdas above the outer ones.</summary>
    private readonly NumberStack _parameters = new();

    /// <summary>Level 0 is the encoding's own arguments, the others are parameters of generic lambdas.</summary>
    private readonly List<TemplateLevel> _levels = [];

    private readonly NumberStack _forwardReferences = new();
    private readonly int[] _inventedParameters = new int[3];
    private int _firstLevel;
    private int _firstParameter;

    /// <summary>False in the type of a conversion, where "I" begins the arguments of the conversion itself.</summary>
    private bool _mayTakeTemplateArguments;
    private bool _mayReferForward;

    /// <summary>In constraints the levels around are not known well enough: parameters are shown as they are mangled.</summary>
    private bool _showsParameterNumbers;

    /// <summary>In the constraint of a template parameter, which may name arguments that come after it.</summary>
    private bool _showsUnknownParameters;
    private int _lambdaLevel;

    private void ResetTemplates()
    {
        _parameters.Clear();
        _levels.Clear();
        _forwardReferences.Clear();
        _inventedParameters.AsSpan().Clear();
        _firstLevel = 0;
        _firstParameter = 0;
        _mayTakeTemplateArguments = true;
        _mayReferForward = false;
        _showsParameterNumbers = false;
        _showsUnknownParameters = false;
        _lambdaLevel = NoLevel;
    }

    private TemplateScope OpenTemplateScope()
    {
        TemplateScope outer = new(_firstLevel, _levels.Count, _firstParameter, _parameters.Count);
        _firstLevel = _levels.Count;
        _firstParameter = _parameters.Count;
        return outer;
    }

    private void CloseTemplateScope(TemplateScope outer)
    {
        TruncateLevels(outer.LevelCount);
        _parameters.Truncate(outer.ParameterCount);
        (_firstLevel, _firstParameter) = (outer.FirstLevel, outer.FirstParameter);
    }

    private int OpenLevels => _levels.Count - _firstLevel;

    private int OpenLevel()
    {
        _levels.Add(new TemplateLevel(_parameters.Count, 0));
        return _levels.Count - 1;
    }

    private void TruncateLevels(int count)
    {
        if (count < _levels.Count) _levels.RemoveRange(count, _levels.Count - count);
    }

    private void AddParameter(int level, int node)
    {
        if (level == NoLevel) return;
        _parameters.Push(node);
        _levels[level] = _levels[level] with { Count = _levels[level].Count + 1 };
    }

    /// <summary>The node that a parameter stands for, 0 when it is not known (yet).</summary>
    private int FindParameter(int level, int index)
    {
        if (level >= OpenLevels) return 0;
        TemplateLevel found = _levels[_firstLevel + level];
        return index < found.Count ? _parameters[found.Start + index] : 0;
    }

    // Conversion operators name template parameters before the arguments are known.
    private bool TryResolveForwardReferences(int first)
    {
        for (int i = first; i < _forwardReferences.Count; i++)
        {
            ref Node reference = ref arena[_forwardReferences[i]];
            reference.B = FindParameter(0, reference.A);
            if (reference.B == 0) return false;
        }

        _forwardReferences.Truncate(first);
        return true;
    }

    // T [L <level-1> _] [<index-1>] _
    private int ParseTemplateParameter()
    {
        int start = _position;
        if (!Take('T')) return 0;
        int level = 0;
        if (Take('L') && (!TryParseOffsetByOne(out level) || !Take('_'))) return 0;
        int index = 0;
        if (!Take('_') && (!TryParseOffsetByOne(out index) || !Take('_'))) return 0;

        if (_showsParameterNumbers) return ParameterNumber(start);
        if (_mayReferForward && level == 0)
        {
            int reference = arena.Shaped(arena.Add(NodeKind.ForwardReference, index), Shape.Unknown);
            _forwardReferences.Push(reference);
            return reference;
        }

        int found = FindParameter(level, index);
        if (found == 0) found = AutoParameter(level);
        return found == 0 && _showsUnknownParameters ? ParameterNumber(start) : found;
    }

    private int ParameterNumber(int start) => arena.Add(NodeKind.SourceName, TextFrom(start, _position - 1));

    private bool TryParseOffsetByOne(out int value)
    {
        value = ParseCount() + 1;
        return value > 0;
    }

    // "auto" parameters of a lambda are mangled as template parameters that nothing declares.
    private int AutoParameter(int level)
    {
        if (_lambdaLevel != level || level > OpenLevels) return 0;
        if (level == OpenLevels) OpenLevel();
        return Words.Auto;
    }

    private int ParseTemplateArguments(bool areOfEncoding = false)
    {
        if (!Take('I')) return 0;
        int level = NoLevel;
        if (areOfEncoding)
        {
            TruncateLevels(_firstLevel);
            _parameters.Truncate(_firstParameter);
            level = OpenLevel();
        }

        // Between the brackets it is clear whose arguments they are.
        bool outer = _mayTakeTemplateArguments;
        _mayTakeTemplateArguments = true;
        int arguments = ParseTemplateArgumentsUntilEnd(level);
        _mayTakeTemplateArguments = outer;
        return arguments;
    }

    private int ParseTemplateArgumentsUntilEnd(int level)
    {
        int first = _pending.Count;
        while (!Take('E'))
        {
            int argument = ParseTemplateArgument();
            if (argument == 0) return 0;
            _pending.Push(argument);
            if (level != NoLevel) AddParameter(level, ParameterOf(argument));
            if (!Take('Q')) continue;
            if (Closed(ParseConstraint(), 'E') == 0) return 0; // Not shown.
            break;
        }

        return arena.Add(NodeKind.TemplateArguments, PopList(first));
    }

    // A parameter that stands for a pack is printed one element at a time, by the expansion around it.
    private int ParameterOf(int argument)
    {
        ref Node node = ref arena[argument];
        return node.Kind switch
        {
            NodeKind.DeclaredArgument => node.B,
            NodeKind.ArgumentPack => arena.Shaped(arena.Add(NodeKind.ParameterPack, node.A), PackShape(node.A)),
            _ => argument,
        };
    }

    private Shape PackShape(int list)
    {
        Shape all = Shape.Plain;
        foreach (int element in arena.List(list)) all |= arena[element].Shape;
        Shape shape = Shape.Plain;
        if ((all & (Shape.Right | Shape.RightUnknown)) != Shape.Plain) shape |= Shape.RightUnknown;
        if ((all & (Shape.Array | Shape.ArrayUnknown)) != Shape.Plain) shape |= Shape.ArrayUnknown;
        if ((all & (Shape.Function | Shape.FunctionUnknown)) != Shape.Plain) shape |= Shape.FunctionUnknown;
        return shape;
    }

    private int ParseTemplateArgument()
    {
        if (!TryEnter()) return 0;
        return Leave((char)Peek() switch
        {
            'X' => ParseExpressionArgument(),
            'J' => ParseArgumentPack(),
            'L' when Peek(1) == 'Z' => ParseEncodingArgument(),
            'L' => ParsePrimary(),
            'T' when IsParameterDeclaration => ParseDeclaredArgument(),
            _ => ParseType(),
        });
    }

    private int ParseExpressionArgument()
    {
        Take('X');
        return Closed(ParseExpression(), 'E');
    }

    private int ParseArgumentPack()
    {
        Take('J');
        return TryParseTemplateArgumentList(out int list) ? arena.Add(NodeKind.ArgumentPack, list) : 0;
    }

    private bool TryParseTemplateArgumentList(out int list)
    {
        list = 0;
        int first = _pending.Count;
        while (!Take('E'))
        {
            int argument = ParseTemplateArgument();
            if (argument == 0) return false;
            _pending.Push(argument);
        }

        list = PopList(first);
        return true;
    }

    private int ParseEncodingArgument()
    {
        Take('L', 'Z');
        return Closed(ParseEncoding(), 'E');
    }

    private int ParseDeclaredArgument()
    {
        int parameter = ParseParameterDeclaration(NoLevel);
        int argument = parameter == 0 ? 0 : ParseTemplateArgument();
        return argument == 0 ? 0 : arena.Add(NodeKind.DeclaredArgument, parameter, argument);
    }
}
