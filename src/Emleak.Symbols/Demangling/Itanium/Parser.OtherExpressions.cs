namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.6 Expressions: those that are no operators.</summary>
internal sealed partial class Parser
{
    private int ParseOtherExpression(bool isGlobal)
    {
        if (_end - _position < 2) return 0;
        switch (((char)Peek(), (char)Peek(1)))
        {
            case ('L', _):
                return ParsePrimary();
            case ('T', _):
                return ParseTemplateParameter();
            case ('f', 'p'):
                return ParseFunctionParameter();
            case ('f', 'L') when IsDigit(Peek(2)):
                return ParseFunctionParameter();
            case ('f', _):
                return ParseFold();
            case ('r', 'q') or ('r', 'Q'):
                return ParseRequires();
            case ('u', _):
                return ParseVendorExpression();
            default:
                return ParseTwoLetterExpression(isGlobal);
        }
    }

    private int ParseTwoLetterExpression(bool isGlobal)
    {
        if (Take('i', 'l')) return ParseInitializerList(0);
        if (Take('t', 'l')) return ParseTypedInitializerList();
        if (Take('m', 'c')) return ParseMemberConversion();
        if (Take('n', 'x')) return Enclosing(Words.NoexceptOperator, ParseExpression(), Precedence.Unary);
        if (Take('s', 'o')) return ParseSubobject();
        if (Take('s', 'p')) return ParsePackExpansion();
        if (Take('s', 'Z')) return ParseSizeofPack();
        if (Take('s', 'P')) return ParseSizeofCapturedPack();
        if (Take('t', 'r')) return Words.Rethrow;
        if (Take('t', 'w')) return ParseThrow();
        return ParseUnresolvedName(isGlobal);
    }

    private int Enclosing(int word, int inner, Precedence precedence) =>
        inner == 0 ? 0 : arena.Add(NodeKind.Enclosing, precedence, word, inner);

    private int ParsePackExpansion()
    {
        int pattern = ParseExpression();
        return pattern == 0 ? 0 : arena.Add(NodeKind.PackExpansion, pattern);
    }

    private int ParseThrow()
    {
        int operand = ParseExpression();
        return operand == 0 ? 0 : arena.Add(NodeKind.Throw, operand);
    }

    private int ParseSizeofPack()
    {
        if (Peek() != 'T') return Enclosing(Words.SizeofPack, ParseFunctionParameter(), Precedence.Primary);
        int pack = ParseTemplateParameter();
        return pack == 0 ? 0 : arena.Add(NodeKind.SizeofPack, pack);
    }

    private int ParseSizeofCapturedPack()
    {
        if (!TryParseTemplateArgumentList(out int list)) return 0;
        return Enclosing(Words.SizeofPack, arena.Add(NodeKind.List, list), Precedence.Primary);
    }

    private int ParseTypedInitializerList()
    {
        int type = ParseType();
        return type == 0 ? 0 : ParseInitializerList(type);
    }

    private int ParseInitializerList(int type)
    {
        int first = _pending.Count;
        while (!Take('E'))
        {
            int element = ParseBraced();
            if (element == 0) return 0;
            _pending.Push(element);
        }

        return arena.Add(NodeKind.InitializerList, type, PopList(first));
    }

    // di <field> <init>, dx <index> <init>, dX <first> <last> <init>
    private int ParseBraced()
    {
        if (!TryEnter()) return 0;
        int result;
        if (Take('d', 'i')) result = Designated(NodeFlags.None, ParseSourceName());
        else if (Take('d', 'x')) result = Designated(NodeFlags.Array, ParseExpression());
        else if (Take('d', 'X')) result = ParseDesignatedRange();
        else result = ParseExpression();
        return Leave(result);
    }

    private int Designated(NodeFlags flags, int place)
    {
        int value = place == 0 ? 0 : ParseBraced();
        return value == 0 ? 0 : arena.Add(NodeKind.Designated, flags, place, value);
    }

    private int ParseDesignatedRange()
    {
        int first = ParseExpression();
        int last = first == 0 ? 0 : ParseExpression();
        int value = last == 0 ? 0 : ParseBraced();
        return value == 0 ? 0 : arena.Add(NodeKind.DesignatedRange, first, last, value);
    }

    // fl, fr: unary folds from the left and right; fL, fR: with an initial value.
    private int ParseFold()
    {
        Take('f');
        byte form = Peek();
        if (form is not ((byte)'l' or (byte)'r' or (byte)'L' or (byte)'R')) return 0;
        _position++;
        int number = TakeOperator();
        if (number < 0 || !Operators.Get(number).IsFoldable) return 0;

        bool isLeft = form is (byte)'l' or (byte)'L';
        int pack = ParseExpression();
        if (pack == 0) return 0;
        int initial = 0;
        if (form is (byte)'L' or (byte)'R' && (initial = ParseExpression()) == 0) return 0;
        if (isLeft && initial != 0) (pack, initial) = (initial, pack);
        return arena.Add(NodeKind.Fold, isLeft ? NodeFlags.Left : NodeFlags.None, number, pack, initial);
    }

    // mc <type> <expression> [<offset>] E
    private int ParseMemberConversion()
    {
        int type = ParseType();
        int operand = type == 0 ? 0 : ParseExpression();
        if (operand == 0) return 0;
        ParseNumber(allowNegative: true);
        return Take('E') ? arena.Add(NodeKind.MemberConversion, Precedence.Unary, type, operand) : 0;
    }

    // so <type> <expression> [<offset>] (_ [<number>])* [p] E
    private int ParseSubobject()
    {
        int type = ParseType();
        int operand = type == 0 ? 0 : ParseExpression();
        if (operand == 0) return 0;
        int offset = ParseNumber(allowNegative: true);
        while (Take('_')) ParseNumber();
        Take('p');
        return Take('E') ? arena.Add(NodeKind.Subobject, type, operand, offset) : 0;
    }

    // u <name> <template-arg>* E; Microsoft's __uuidof has forms of its own.
    private int ParseVendorExpression()
    {
        Take('u');
        int name = ParseSourceName();
        if (name == 0) return 0;
        int arguments;
        if (arena[name].Kind == NodeKind.SourceName && TextOf(arena[name].A).SequenceEqual("__uuidof"u8)
            && Peek() is (byte)'t' or (byte)'z')
        {
            int operand = Take('t') ? ParseType() : Take('z') ? ParseExpression() : 0;
            if (operand == 0) return 0;
            arguments = arena.AddList([operand]);
        }
        else if (!TryParseTemplateArgumentList(out arguments))
        {
            return 0;
        }

        return arena.Add(NodeKind.Call, Precedence.Postfix, name, arguments);
    }

    // rq <requirement>+ E, rQ <type>* _ <requirement>+ E
    private int ParseRequires()
    {
        int parameters = 0;
        if (Take('r', 'Q'))
        {
            int first = _pending.Count;
            while (!Take('_'))
            {
                int type = ParseType();
                if (type == 0) return 0;
                _pending.Push(type);
            }

            parameters = PopList(first);
        }
        else
        {
            Take('r', 'q');
        }

        int firstRequirement = _pending.Count;
        do
        {
            int requirement = ParseRequirement();
            if (requirement == 0) return 0;
            _pending.Push(requirement);
        }
        while (!Take('E'));
        return arena.Add(NodeKind.Requires, parameters, PopList(firstRequirement));
    }

    private int ParseRequirement()
    {
        if (Take('X')) return ParseExpressionRequirement();
        if (Take('T')) return Wrap(NodeKind.TypeRequirement, ParseType());
        return Take('Q') ? Wrap(NodeKind.NestedRequirement, ParseExpression()) : 0;
    }

    private int Wrap(NodeKind kind, int inner) => inner == 0 ? 0 : arena.Add(kind, inner);

    private int ParseExpressionRequirement()
    {
        int expression = ParseExpression();
        if (expression == 0) return 0;
        NodeFlags flags = Take('N') ? NodeFlags.Noexcept : NodeFlags.None;
        int constraint = 0;
        if (Take('R') && (constraint = ParseName()) == 0) return 0;
        return arena.Add(NodeKind.ExpressionRequirement, flags, expression, constraint);
    }
}
