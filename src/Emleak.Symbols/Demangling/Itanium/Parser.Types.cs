namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.5 Type encodings.</summary>
internal sealed partial class Parser
{
    private int ParseType()
    {
        int builtin = Words.BuiltinType(Peek());
        if (builtin != 0)
        {
            _position++;
            return builtin;
        }

        if (!TryEnter()) return 0;
        int type = ParseCompoundType(out bool isSubstitutable);
        return Leave(isSubstitutable ? Substitutable(type) : type);
    }

    // Builtin types and bare substitutions are the only ones that cannot be referred to later.
    private int ParseCompoundType(out bool isSubstitutable)
    {
        isSubstitutable = true;
        switch ((char)Peek())
        {
            case 'r' or 'V' or 'K':
                return IsQualifiedFunction ? ParseFunctionType() : ParseQualifiedType();
            case 'U':
                return ParseQualifiedType();
            case 'F':
                return ParseFunctionType();
            case 'A':
                return ParseArrayType();
            case 'M':
                return ParseMemberPointerType();
            case 'P' or 'R' or 'O' or 'C' or 'G':
                return ParsePointerLikeType();
            case 'T':
                return Peek(1) is (byte)'s' or (byte)'u' or (byte)'e' ? ParseElaboratedType() : ParseTypeOfParameter();
            case 'S' when Peek(1) != 't':
                return ParseSubstitutedType(out isSubstitutable);
            case 'u':
                return ParseVendorType();
            case 'D':
                return ParseExtendedType(out isSubstitutable);
            default:
                return ParseName();
        }
    }

    private bool IsQualifiedFunction
    {
        get
        {
            int ahead = 0;
            if (Peek(ahead) == 'r') ahead++;
            if (Peek(ahead) == 'V') ahead++;
            if (Peek(ahead) == 'K') ahead++;
            return Peek(ahead) == 'F'
                || (Peek(ahead) == 'D' && Peek(ahead + 1) is (byte)'o' or (byte)'O' or (byte)'w' or (byte)'x');
        }
    }

    private NodeFlags ParseQualifiers()
    {
        NodeFlags qualifiers = NodeFlags.None;
        if (Take('r')) qualifiers |= NodeFlags.Restrict;
        if (Take('V')) qualifiers |= NodeFlags.Volatile;
        if (Take('K')) qualifiers |= NodeFlags.Const;
        return qualifiers;
    }

    private int ParsePointerLikeType()
    {
        byte kind = Peek();
        _position++;
        int target = ParseType();
        if (target == 0) return 0;
        Shape shape = arena[target].Shape & Shape.AnyRight;
        return (char)kind switch
        {
            'P' => arena.Shaped(arena.Add(NodeKind.PointerType, target), shape),
            'R' => arena.Shaped(arena.Add(NodeKind.ReferenceType, target), shape),
            'O' => arena.Shaped(arena.Add(NodeKind.ReferenceType, NodeFlags.RValue, target), shape),
            'C' => arena.Add(NodeKind.PostfixType, target, Words.Complex),
            _ => arena.Add(NodeKind.PostfixType, target, Words.Imaginary),
        };
    }

    private int ParseQualifiedType()
    {
        if (Take('U')) return ParseVendorQualifiedType();
        NodeFlags qualifiers = ParseQualifiers();
        int type = ParseType();
        if (type == 0 || qualifiers == NodeFlags.None) return type;
        Shape shape = arena[type].Shape;
        return arena.Shaped(arena.Add(NodeKind.QualifiedType, qualifiers, type), shape);
    }

    private int ParseVendorQualifiedType()
    {
        int qualifier = ParseBareSourceName();
        if (qualifier == 0) return 0;
        bool isProtocol = TextOf(qualifier).StartsWith("objcproto"u8);
        int protocol = isProtocol ? ProtocolOf(qualifier) : 0;
        if (isProtocol && protocol == 0) return 0;

        int arguments = 0;
        if (!isProtocol && Peek() == 'I' && (arguments = ParseTemplateArguments()) == 0) return 0;
        if (!TryEnter()) return 0;
        int type = Leave(ParseQualifiedType());
        if (type == 0) return 0;
        return isProtocol
            ? arena.Add(NodeKind.ProtocolType, type, protocol)
            : arena.Add(NodeKind.VendorQualifiedType, type, qualifier, arguments);
    }

    // The qualifier "objcproto4Name" holds a source name of its own.
    private int ProtocolOf(int qualifier)
    {
        (int position, int end) = (_position, _end);
        int start = (qualifier >>> 16) + "objcproto".Length;
        _end = (qualifier >>> 16) + (qualifier & 0xFFFF);
        _position = Math.Min(start, _end);
        int protocol = ParseBareSourceName();
        (_position, _end) = (position, end);
        return protocol;
    }

    private int ParseFunctionType()
    {
        NodeFlags flags = ParseQualifiers();
        if (!TryParseExceptionSpecification(out int exceptions)) return 0;
        Take('D', 'x'); // Transaction-safe.
        if (!Take('F')) return 0;
        Take('Y'); // extern "C".
        int result = ParseType();
        if (result == 0) return 0;

        int first = _pending.Count;
        while (!Take('E'))
        {
            if (Take('v')) continue;
            if (Take('R', 'E'))
            {
                flags |= NodeFlags.LValue;
                break;
            }

            if (Take('O', 'E'))
            {
                flags |= NodeFlags.RValue;
                break;
            }

            int parameter = ParseType();
            if (parameter == 0) return 0;
            _pending.Push(parameter);
        }

        int function = arena.Add(NodeKind.FunctionType, flags, result, PopList(first), exceptions);
        return arena.Shaped(function, Shape.Right | Shape.Function);
    }

    private bool TryParseExceptionSpecification(out int specification)
    {
        specification = 0;
        if (Take('D', 'o'))
        {
            specification = Words.Noexcept;
        }
        else if (Take('D', 'O'))
        {
            int condition = Closed(ParseExpression(), 'E');
            if (condition == 0) return false;
            specification = arena.Add(NodeKind.NoexceptSpecification, condition);
        }
        else if (Take('D', 'w'))
        {
            int first = _pending.Count;
            while (!Take('E'))
            {
                int type = ParseType();
                if (type == 0) return false;
                _pending.Push(type);
            }

            specification = arena.Add(NodeKind.ThrowSpecification, PopList(first));
        }

        return true;
    }

    private int ParseArrayType()
    {
        Take('A');
        int bound = 0;
        if (!Take('_'))
        {
            bound = IsDigit(Peek()) ? arena.Add(NodeKind.SourceName, ParseNumber()) : ParseExpression();
            if (Closed(bound, '_') == 0) return 0;
        }

        int element = ParseType();
        if (element == 0) return 0;
        return arena.Shaped(arena.Add(NodeKind.ArrayType, element, bound), Shape.Right | Shape.Array);
    }

    private int ParseMemberPointerType()
    {
        Take('M');
        int owner = ParseType();
        int member = owner == 0 ? 0 : ParseType();
        if (member == 0) return 0;
        Shape shape = arena[member].Shape & Shape.AnyRight;
        return arena.Shaped(arena.Add(NodeKind.MemberPointerType, owner, member), shape);
    }

    private int ParseElaboratedType()
    {
        int keyword = (char)Peek(1) switch { 's' => Words.Struct, 'u' => Words.Union, _ => Words.Enum };
        _position += 2;
        int name = ParseName();
        return name == 0 ? 0 : arena.Add(NodeKind.ElaboratedType, keyword, name);
    }

    // A parameter can itself be a template: "T_ I <arguments> E".
    private int ParseTypeOfParameter()
    {
        int parameter = ParseTemplateParameter();
        if (parameter == 0 || !_mayTakeTemplateArguments || Peek() != 'I') return parameter;
        Substitutable(parameter);
        return WithArguments(parameter);
    }

    private int ParseSubstitutedType(out bool isSubstitutable)
    {
        isSubstitutable = true;
        NameState unused = default;
        int name = ParseUnscopedName(ref unused, out bool isSubstitution);
        if (name == 0) return 0;
        if (Peek() == 'I' && (!isSubstitution || _mayTakeTemplateArguments))
        {
            if (!isSubstitution) Substitutable(name);
            return WithArguments(name);
        }

        isSubstitutable = !isSubstitution;
        return name;
    }

    private int WithArguments(int name)
    {
        int arguments = ParseTemplateArguments();
        return arguments == 0 ? 0 : arena.Add(NodeKind.TemplateName, name, arguments);
    }

    // "u <name>" is a vendor's type, "u <name> I <type> E" one made from another type: __add_pointer(T).
    private int ParseVendorType()
    {
        Take('u');
        int name = ParseBareSourceName();
        if (name == 0) return 0;
        if (!Take('I')) return arena.Add(NodeKind.SourceName, name);
        int type = Closed(ParseType(), 'E');
        return type == 0 ? 0 : arena.Add(NodeKind.TransformedType, name, type);
    }
}
