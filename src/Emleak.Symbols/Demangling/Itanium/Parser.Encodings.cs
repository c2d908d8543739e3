namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.2 General structure, 5.1.4 Other special functions and entities.</summary>
internal sealed partial class Parser
{
    private int ParseEncoding()
    {
        if (!TryEnter()) return 0;

        // Template parameters of an encoding have nothing to do with those around it.
        TemplateScope outer = OpenTemplateScope();
        int encoding = Peek() is (byte)'G' or (byte)'T' ? ParseSpecialName() : ParseFunctionOrData();
        CloseTemplateScope(outer);
        return Leave(encoding);
    }

    private int ParseFunctionOrData()
    {
        NameState state = new() { IsEncoding = true };
        int firstForward = _forwardReferences.Count;
        int name = ParseName(ref state);
        if (name == 0 || !TryResolveForwardReferences(firstForward)) return 0;
        if (IsEndOfEncoding) return name;

        int attributes = 0;
        if (Take("Ua9enable_ifI"u8) && (attributes = ParseEnableIf()) == 0) return 0;

        int returnType = 0;
        bool hasReturnType = state.EndsWithTemplateArguments && !state.HasNoReturnType;
        if (hasReturnType && (returnType = ParseType()) == 0) return 0;

        if (!TryParseParameters(state.HasObjectParameter, out int parameters)) return 0;
        int requires = 0;
        if (Take('Q') && (requires = ParseConstraint()) == 0) return 0;

        int encoding = arena.Add(NodeKind.Encoding, returnType, name, parameters, attributes, requires);
        arena[encoding].Flags = state.Qualifiers;
        return arena.Shaped(encoding, Shape.Right | Shape.Function);
    }

    // None of these can start a type.
    private bool IsEndOfEncoding => IsAtEnd || Peek() is (byte)'E' or (byte)'.' or (byte)'_';

    private bool TryParseParameters(bool hasObjectParameter, out int parameters)
    {
        parameters = 0;
        if (Take('v')) return true;
        int first = _pending.Count;
        do
        {
            int type = ParseType();
            if (type == 0) return false;
            bool isObject = hasObjectParameter && _pending.Count == first;
            _pending.Push(isObject ? arena.Add(NodeKind.ObjectParameter, type) : type);
        }
        while (!IsEndOfEncoding && Peek() != 'Q');
        parameters = PopList(first);
        return true;
    }

    private int ParseEnableIf()
    {
        int first = _pending.Count;
        while (!Take('E'))
        {
            int condition = ParseTemplateArgument();
            if (condition == 0) return 0;
            _pending.Push(condition);
        }

        return arena.Add(NodeKind.EnableIf, PopList(first));
    }

    private int ParseSpecialName()
    {
        byte group = Peek();
        byte kind = Peek(1);
        if (group == 'T' && kind is (byte)'h' or (byte)'v')
        {
            _position++;
            return ParseThunk(kind == 'v' ? Words.VirtualThunk : Words.NonVirtualThunk, offsets: 1);
        }

        if (kind == 0) return 0;
        _position += 2;
        return ((char)group, (char)kind) switch
        {
            ('T', 'V') => Special(Words.Vtable, ParseType()),
            ('T', 'T') => Special(Words.Vtt, ParseType()),
            ('T', 'I') => Special(Words.Typeinfo, ParseType()),
            ('T', 'S') => Special(Words.TypeinfoName, ParseType()),
            ('T', 'A') => Special(Words.TemplateParameterObject, ParseTemplateArgument()),
            ('T', 'W') => Special(Words.ThreadLocalWrapper, ParseName()),
            ('T', 'H') => Special(Words.ThreadLocalInitialization, ParseName()),
            ('T', 'c') => ParseThunk(Words.CovariantThunk, offsets: 2),
            ('T', 'C') => ParseConstructionVtable(),
            ('G', 'V') => Special(Words.GuardVariable, ParseName()),
            ('G', 'R') => ParseReferenceTemporary(),
            ('G', 'I') => ParseModuleInitializer(),
            _ => 0,
        };
    }

    private int Special(int word, int subject) => subject == 0 ? 0 : arena.Add(NodeKind.SpecialName, word, subject);

    private int ParseThunk(int word, int offsets)
    {
        for (int i = 0; i < offsets; i++)
        {
            if (!TryParseCallOffset()) return 0;
        }

        return Special(word, ParseEncoding());
    }

    // How "this" or the result is adjusted is not shown.
    private bool TryParseCallOffset()
    {
        if (Take('h')) return ParseNumber(allowNegative: true) != 0 && Take('_');
        return Take('v')
            && ParseNumber(allowNegative: true) != 0 && Take('_')
            && ParseNumber(allowNegative: true) != 0 && Take('_');
    }

    private int ParseConstructionVtable()
    {
        int complete = ParseType();
        if (complete == 0 || ParseNumber(allowNegative: true) == 0 || !Take('_')) return 0;
        int part = ParseType();
        return part == 0 ? 0 : arena.Add(NodeKind.ConstructionVtable, part, complete);
    }

    private int ParseModuleInitializer()
    {
        int module = 0;
        return TryParseModuleNames(ref module) ? Special(Words.ModuleInitializer, module) : 0;
    }

    private int ParseReferenceTemporary()
    {
        int name = ParseName();
        if (name == 0) return 0;
        bool hasNumber = ParseSequenceId() >= 0;
        return !Take('_') && hasNumber ? 0 : Special(Words.ReferenceTemporary, name);
    }
}
