namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.3 Names and the scopes that they are in.</summary>
internal sealed partial class Parser
{
    private int ParseName()
    {
        NameState unused = default;
        return ParseName(ref unused);
    }

    private int ParseName(ref NameState state)
    {
        if (!TryEnter()) return 0;
        return Leave((char)Peek() switch
        {
            'N' => ParseNestedName(ref state),
            'Z' => ParseLocalName(ref state),
            _ => ParseUnscopedName(ref state),
        });
    }

    // A substitution cannot be a name by itself: only the template of one.
    private int ParseUnscopedName(ref NameState state)
    {
        int name = ParseUnscopedName(ref state, out bool isSubstitution);
        if (name == 0) return 0;
        if (Peek() != 'I') return isSubstitution ? 0 : name;
        if (!isSubstitution) Substitutable(name);
        int arguments = ParseTemplateArguments(state.IsEncoding);
        if (arguments == 0) return 0;
        state.EndsWithTemplateArguments = true;
        return arena.Add(NodeKind.TemplateName, name, arguments);
    }

    private int ParseUnscopedName(ref NameState state, out bool isSubstitution)
    {
        isSubstitution = false;
        int scope = Take('S', 't') ? Words.Std : 0;
        int module = 0;
        if (Peek() == 'S')
        {
            int substitution = ParseSubstitution();
            if (substitution == 0) return 0;
            if (arena[substitution].Kind != NodeKind.ModuleName)
            {
                isSubstitution = scope == 0;
                return isSubstitution ? substitution : 0;
            }

            module = substitution;
        }

        return ParseUnqualifiedName(ref state, scope, module);
    }

    private int ParseNestedName(ref NameState state)
    {
        Take('N');
        ParseMethodQualifiers(ref state);
        int name = 0;
        while (!Take('E'))
        {
            state.EndsWithTemplateArguments = false;
            int module = 0;
            if (Peek() == 'S')
            {
                int prefix = Take('S', 't') ? Words.Std : ParseSubstitution();
                if (prefix == 0) return 0;
                if (arena[prefix].Kind != NodeKind.ModuleName)
                {
                    if (name != 0) return 0;
                    name = prefix; // Not a new substitution.
                    continue;
                }

                module = prefix;
            }

            name = module != 0 ? ParseUnqualifiedName(ref state, name, module) : ParseNestedPart(ref state, name);
            if (Substitutable(name) == 0) return 0;
            Take('M'); // Once marked the initializer of a data member.
        }

        // The whole name was noted as a prefix; as a type it will be noted by who asked for it.
        if (name == 0 || _substitutions.Count == 0) return 0;
        _substitutions.Truncate(_substitutions.Count - 1);
        return name;
    }

    // "this" of the member function: as in "void f() const &".
    private void ParseMethodQualifiers(ref NameState state)
    {
        if (Take('H'))
        {
            state.HasObjectParameter = true;
            return;
        }

        state.Qualifiers = ParseQualifiers();
        if (Take('O')) state.Qualifiers |= NodeFlags.RValue;
        else if (Take('R')) state.Qualifiers |= NodeFlags.LValue;
    }

    private int ParseNestedPart(ref NameState state, int scope)
    {
        switch ((char)Peek())
        {
            case 'T':
                return scope == 0 ? ParseTemplateParameter() : 0;
            case 'I':
                if (scope == 0) return 0;
                int arguments = ParseTemplateArguments(state.IsEncoding);
                if (arguments == 0 || arena[scope].Kind == NodeKind.TemplateName) return 0;
                state.EndsWithTemplateArguments = true;
                return arena.Add(NodeKind.TemplateName, scope, arguments);
            case 'D' when Peek(1) is (byte)'t' or (byte)'T':
                return scope == 0 ? ParseDecltype() : 0;
            default:
                return ParseUnqualifiedName(ref state, scope, 0);
        }
    }

    // Z <encoding> E <entity>: something declared inside a function.
    private int ParseLocalName(ref NameState state)
    {
        Take('Z');
        int function = Closed(ParseEncoding(), 'E');
        if (function == 0) return 0;
        if (Take('s'))
        {
            SkipDiscriminator();
            return arena.Add(NodeKind.LocalName, function, Words.StringLiteral);
        }

        TemplateScope outer = OpenTemplateScope();
        int entity = ParseLocalEntity(ref state);
        CloseTemplateScope(outer);
        return entity == 0 ? 0 : arena.Add(NodeKind.LocalName, function, entity);
    }

    private int ParseLocalEntity(ref NameState state)
    {
        if (Take('d')) // In a default argument: which one is not shown.
        {
            ParseNumber(allowNegative: true);
            return Take('_') ? ParseName(ref state) : 0;
        }

        int entity = ParseName(ref state);
        SkipDiscriminator();
        return entity;
    }

    // "_ <digit>", "__ <number> _", or digits at the end of the name: tells homonyms of one function apart, is not shown.
    private void SkipDiscriminator()
    {
        if (Peek() == '_')
        {
            if (IsDigit(Peek(1))) _position += 2;
            else if (Peek(1) == '_') SkipLongDiscriminator();
        }
        else if (IsDigit(Peek()))
        {
            int start = _position;
            ParseNumber();
            if (!IsAtEnd) _position = start;
        }
    }

    private void SkipLongDiscriminator()
    {
        int start = _position;
        _position += 2;
        if (ParseNumber() == 0 || !Take('_')) _position = start;
    }

    private int ParseUnqualifiedName(ref NameState state, int scope, int module)
    {
        if (!TryParseModuleNames(ref module)) return 0;
        bool isFriend = scope != 0 && Take('F');
        Take('L'); // Internal linkage.
        int name = (char)Peek() switch
        {
            >= '1' and <= '9' => ParseSourceName(),
            'U' => ParseUnnamedType(state.IsEncoding),
            'D' when Take('D', 'C') => ParseStructuredBinding(),
            'C' or 'D' => scope == 0 || module != 0 ? 0 : ParseConstructorOrDestructor(ref state, ref scope),
            _ => ParseOperatorName(ref state),
        };
        if (name != 0 && module != 0) name = arena.Add(NodeKind.ModuleEntity, module, name);
        if (name != 0) name = ParseAbiTags(name);
        if (name == 0 || scope == 0) return name;
        return arena.Add(isFriend ? NodeKind.FriendName : NodeKind.NestedName, scope, name);
    }

    // W <name>, WP <partition name>
    private bool TryParseModuleNames(ref int module)
    {
        while (Take('W'))
        {
            NodeFlags flags = Take('P') ? NodeFlags.Partition : NodeFlags.None;
            int name = ParseSourceName();
            if (name == 0) return false;
            module = Substitutable(arena.Add(NodeKind.ModuleName, flags, module, name));
        }

        return true;
    }

    private int ParseSourceName()
    {
        int text = ParseBareSourceName();
        if (text == 0) return 0;
        return TextOf(text).StartsWith("_GLOBAL__N"u8) ? Words.AnonymousNamespace : arena.Add(NodeKind.SourceName, text);
    }

    private int ParseStructuredBinding()
    {
        int first = _pending.Count;
        do
        {
            int name = ParseSourceName();
            if (name == 0) return 0;
            _pending.Push(name);
        }
        while (!Take('E'));
        return arena.Add(NodeKind.StructuredBinding, PopList(first));
    }

    private int ParseAbiTags(int name)
    {
        while (Take('B'))
        {
            int tag = ParseBareSourceName();
            if (tag == 0) return 0;
            Shape shape = arena[name].Shape;
            name = arena.Shaped(arena.Add(NodeKind.TaggedName, name, tag), shape);
        }

        return name;
    }

    private int ParseConstructorOrDestructor(ref NameState state, ref int scope)
    {
        // The constructor of std::string is that of std::basic_string<...>.
        if (arena[scope].Kind == NodeKind.StandardAbbreviation)
            scope = arena.Add(NodeKind.StandardClass, arena[scope].A, arena[scope].B);

        if (Take('D'))
        {
            if (Peek() is not ((byte)'0' or (byte)'1' or (byte)'2' or (byte)'4' or (byte)'5')) return 0;
            _position++;
            state.HasNoReturnType = true;
            return arena.Add(NodeKind.Destructor, scope);
        }

        Take('C');
        bool isInherited = Take('I');
        if (Peek() is < (byte)'1' or > (byte)'5') return 0;
        _position++;
        state.HasNoReturnType = true;
        if (isInherited && ParseName(ref state) == 0) return 0;
        return arena.Add(NodeKind.Constructor, scope);
    }

    private int ParseOperatorName(ref NameState state)
    {
        int number = TakeOperator();
        if (number >= 0)
        {
            Operator found = Operators.Get(number);
            if (found.Form == OperatorForm.Cast) return ParseConversionOperator(ref state);
            return found.IsNameable ? arena.Add(NodeKind.OperatorName, number) : 0;
        }

        if (Take('l', 'i'))
        {
            int suffix = ParseSourceName();
            return suffix == 0 ? 0 : arena.Add(NodeKind.LiteralOperator, suffix);
        }

        if (!Take('v') || !IsDigit(Peek())) return 0;
        _position++; // The number of operands of the vendor's operator.
        int vendor = ParseSourceName();
        return vendor == 0 ? 0 : arena.Add(NodeKind.ConversionOperator, vendor);
    }

    // The type may use template arguments that come after the name: "operator T*" of <int>.
    private int ParseConversionOperator(ref NameState state)
    {
        (bool arguments, bool forward) = (_mayTakeTemplateArguments, _mayReferForward);
        _mayTakeTemplateArguments = false;
        _mayReferForward |= state.IsEncoding;
        int type = ParseType();
        (_mayTakeTemplateArguments, _mayReferForward) = (arguments, forward);
        if (type == 0) return 0;
        state.HasNoReturnType = true;
        return arena.Add(NodeKind.ConversionOperator, type);
    }

    private int TakeOperator()
    {
        if (_end - _position < 2) return -1;
        int number = Operators.Find(Peek(), Peek(1));
        if (number >= 0) _position += 2;
        return number;
    }
}
