namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.6 Expressions: those made by operators.</summary>
internal sealed partial class Parser
{
    private int ParseExpression()
    {
        if (!TryEnter()) return 0;
        bool isGlobal = Take('g', 's');
        int number = TakeOperator();
        return Leave(number >= 0 ? ParseOperator(number, isGlobal) : ParseOtherExpression(isGlobal));
    }

    private int ParseOperator(int number, bool isGlobal)
    {
        Operator found = Operators.Get(number);
        switch (found.Form)
        {
            case OperatorForm.Prefix:
                return ParsePrefix(number, found);
            case OperatorForm.Postfix:
                return Take('_') ? ParsePrefix(number, found) : ParsePostfix(number, found);
            case OperatorForm.Binary:
                return ParseBinary(NodeKind.Binary, number, found);
            case OperatorForm.Member:
                return ParseBinary(NodeKind.Member, number, found);
            case OperatorForm.Subscript:
                return ParseSubscript(found);
            case OperatorForm.Conditional:
                return ParseConditional(found);
            case OperatorForm.Call:
                return ParseCall(found);
            case OperatorForm.Cast:
                return ParseConversion(found);
            case OperatorForm.NamedCast:
                return ParseNamedCast(number, found);
            case OperatorForm.New:
                return ParseNew(found, isGlobal);
            case OperatorForm.Delete:
                return ParseDelete(found, isGlobal);
            case OperatorForm.OfType:
                return OperatorOf(number, found, ParseType());
            case OperatorForm.OfExpression:
                return OperatorOf(number, found, ParseExpression());
            default:
                return 0;
        }
    }

    private int OperatorOf(int number, Operator found, int operand) =>
        operand == 0 ? 0 : arena.Add(NodeKind.OperatorOf, found.Precedence, number, operand);

    private int ParsePrefix(int number, Operator found)
    {
        int operand = ParseExpression();
        return operand == 0 ? 0 : arena.Add(NodeKind.Prefix, found.Precedence, number, operand);
    }

    private int ParsePostfix(int number, Operator found)
    {
        int operand = ParseExpression();
        return operand == 0 ? 0 : arena.Add(NodeKind.Postfix, found.Precedence, operand, number);
    }

    private int ParseBinary(NodeKind kind, int number, Operator found)
    {
        int left = ParseExpression();
        int right = left == 0 ? 0 : ParseExpression();
        return right == 0 ? 0 : arena.Add(kind, found.Precedence, left, number, right);
    }

    private int ParseSubscript(Operator found)
    {
        int array = ParseExpression();
        int index = array == 0 ? 0 : ParseExpression();
        return index == 0 ? 0 : arena.Add(NodeKind.Subscript, found.Precedence, array, index);
    }

    private int ParseConditional(Operator found)
    {
        int condition = ParseExpression();
        int then = condition == 0 ? 0 : ParseExpression();
        int otherwise = then == 0 ? 0 : ParseExpression();
        return otherwise == 0 ? 0 : arena.Add(NodeKind.Conditional, found.Precedence, condition, then, otherwise);
    }

    private int ParseCall(Operator found)
    {
        int function = ParseExpression();
        if (function == 0 || !TryParseExpressionList(out int arguments)) return 0;
        int call = arena.Add(NodeKind.Call, found.Precedence, function, arguments);
        if (found.IsVariant) arena[call].Flags = NodeFlags.Parenthesized;
        return call;
    }

    /// <summary>Expressions until "E".</summary>
    private bool TryParseExpressionList(out int list)
    {
        list = 0;
        int first = _pending.Count;
        while (!Take('E'))
        {
            int expression = ParseExpression();
            if (expression == 0) return false;
            _pending.Push(expression);
        }

        list = PopList(first);
        return true;
    }

    // cv <type> <expression>, cv <type> _ <expression>* E
    private int ParseConversion(Operator found)
    {
        bool outer = _mayTakeTemplateArguments;
        _mayTakeTemplateArguments = false;
        int type = ParseType();
        _mayTakeTemplateArguments = outer;
        if (type == 0) return 0;

        int operands;
        if (Take('_'))
        {
            if (!TryParseExpressionList(out operands)) return 0;
        }
        else
        {
            int operand = ParseExpression();
            if (operand == 0) return 0;
            operands = arena.AddList([operand]);
        }

        return arena.Add(NodeKind.Conversion, found.Precedence, type, operands);
    }

    private int ParseNamedCast(int number, Operator found)
    {
        int type = ParseType();
        int operand = type == 0 ? 0 : ParseExpression();
        return operand == 0 ? 0 : arena.Add(NodeKind.NamedCast, found.Precedence, number, type, operand);
    }

    // [gs] nw <expression>* _ <type> [pi <expression>*] E
    private int ParseNew(Operator found, bool isGlobal)
    {
        int first = _pending.Count;
        while (!Take('_'))
        {
            int expression = ParseExpression();
            if (expression == 0) return 0;
            _pending.Push(expression);
        }

        int placement = PopList(first);
        int type = ParseType();
        if (type == 0) return 0;
        int initializers = 0;
        bool closed = Take('p', 'i') ? TryParseExpressionList(out initializers) : Take('E');
        if (!closed) return 0;
        int expressionNode = arena.Add(NodeKind.New, found.Precedence, placement, type, initializers);
        arena[expressionNode].Flags = AllocationFlags(found, isGlobal);
        return expressionNode;
    }

    private int ParseDelete(Operator found, bool isGlobal)
    {
        int operand = ParseExpression();
        if (operand == 0) return 0;
        int node = arena.Add(NodeKind.Delete, found.Precedence, operand);
        arena[node].Flags = AllocationFlags(found, isGlobal);
        return node;
    }

    private static NodeFlags AllocationFlags(Operator found, bool isGlobal) =>
        (isGlobal ? NodeFlags.Global : NodeFlags.None) | (found.IsVariant ? NodeFlags.Array : NodeFlags.None);
}
