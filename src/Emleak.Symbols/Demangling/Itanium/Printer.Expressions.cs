namespace Emleak.Symbols.Demangling.Itanium;

internal sealed partial class Printer
{
    private void PrintExpression(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.Binary:
                PrintBinary(ref node);
                break;
            case NodeKind.Prefix:
                output.Append(Operators.Get(node.A).Symbol);
                PrintOperand(node.B, node.Precedence);
                break;
            case NodeKind.Postfix:
                PrintOperand(node.A, node.Precedence, mayBeEqual: true);
                output.Append(Operators.Get(node.B).Symbol);
                break;
            case NodeKind.Subscript:
                PrintOperand(node.A, node.Precedence);
                Open('[');
                Print(node.B);
                Close(']');
                break;
            case NodeKind.Conditional:
                PrintOperand(node.A, node.Precedence);
                output.Append(" ? "u8);
                Print(node.B);
                output.Append(" : "u8);
                PrintOperand(node.C, Precedence.Assignment, mayBeEqual: true);
                break;
            case NodeKind.Member:
                PrintOperand(node.A, node.Precedence, mayBeEqual: true);
                output.Append(Operators.Get(node.B).Symbol);
                PrintOperand(node.C, node.Precedence);
                break;
            case NodeKind.Enclosing:
                PrintFunctionLike(Words.Text(node.A), node.B);
                break;
            case NodeKind.OperatorOf:
                PrintFunctionLike(Operators.Get(node.A).Symbol, node.B);
                break;
            case NodeKind.Conversion:
                PrintFunctionLike(default, node.A);
                PrintParenthesizedList(node.B);
                break;
            case NodeKind.MemberConversion:
                PrintFunctionLike(default, node.A);
                PrintFunctionLike(default, node.B);
                break;
            case NodeKind.NamedCast:
                PrintNamedCast(ref node);
                break;
            case NodeKind.Call:
                PrintCall(ref node);
                break;
            case NodeKind.New:
                PrintNew(ref node);
                break;
            case NodeKind.Delete:
                PrintAllocation("delete"u8, node.Flags);
                output.Append(' ');
                Print(node.A);
                break;
            case NodeKind.Fold:
                PrintFold(ref node);
                break;
            default:
                PrintOtherExpression(ref node);
                break;
        }
    }

    private void PrintOtherExpression(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.SizeofPack:
                output.Append("sizeof..."u8);
                PrintPack(node.A);
                break;
            case NodeKind.FunctionParameter:
                output.Append("fp"u8);
                AppendText(node.A);
                break;
            case NodeKind.Throw:
                output.Append("throw "u8);
                Print(node.A);
                break;
            case NodeKind.Subobject:
                PrintSubobject(ref node);
                break;
            case NodeKind.InitializerList:
                PrintInitializerList(ref node);
                break;
            case NodeKind.Designated:
                PrintDesignated(ref node);
                break;
            case NodeKind.DesignatedRange:
                output.Append('[');
                Print(node.A);
                output.Append(" ... "u8);
                Print(node.B);
                output.Append(']');
                PrintDesignatedValue(node.C);
                break;
            case NodeKind.List:
                PrintList(node.A);
                break;
            case NodeKind.Requires or NodeKind.ExpressionRequirement or NodeKind.TypeRequirement
                or NodeKind.NestedRequirement:
                PrintRequirement(ref node);
                break;
            default:
                PrintLiteral(ref node);
                break;
        }
    }

    private void PrintFunctionLike(ReadOnlySpan<byte> name, int inner)
    {
        output.Append(name);
        Open('(');
        Print(inner);
        Close(')');
    }

    private void PrintBinary(ref Node node)
    {
        ReadOnlySpan<byte> symbol = Operators.Get(node.B).Symbol;
        bool wouldEndArguments = _parentheses == 0 && (symbol.SequenceEqual(">"u8) || symbol.SequenceEqual(">>"u8));
        if (wouldEndArguments) Open('(');

        // Assignments group from the right, all others from the left.
        bool isAssignment = node.Precedence == Precedence.Assignment;
        PrintOperand(node.A, isAssignment ? Precedence.LogicalOr : node.Precedence, mayBeEqual: !isAssignment);
        if (symbol[0] != ',') output.Append(' ');
        output.Append(symbol);
        output.Append(' ');
        PrintOperand(node.C, node.Precedence, mayBeEqual: isAssignment);
        if (wouldEndArguments) Close(')');
    }

    private void PrintNamedCast(ref Node node)
    {
        output.Append(Operators.Get(node.A).Symbol);
        int outer = _parentheses;
        _parentheses = 0;
        output.Append('<');
        PrintLeft(node.B);
        output.Append('>');
        _parentheses = outer;
        PrintFunctionLike(default, node.C);
    }

    private void PrintCall(ref Node node)
    {
        if ((node.Flags & NodeFlags.Parenthesized) != NodeFlags.None) PrintFunctionLike(default, node.A);
        else Print(node.A);
        PrintParenthesizedList(node.B);
    }

    private void PrintAllocation(ReadOnlySpan<byte> keyword, NodeFlags flags)
    {
        if ((flags & NodeFlags.Global) != NodeFlags.None) output.Append("::"u8);
        output.Append(keyword);
        if ((flags & NodeFlags.Array) != NodeFlags.None) output.Append("[]"u8);
    }

    private void PrintNew(ref Node node)
    {
        PrintAllocation("new"u8, node.Flags);
        if (node.A != 0) PrintParenthesizedList(node.A);
        output.Append(' ');
        Print(node.B);
        if (node.C != 0) PrintParenthesizedList(node.C);
    }

    private void PrintPack(int pack)
    {
        Open('(');
        PrintExpansion(pack);
        Close(')');
    }

    // "(init op ... op (pack))" from the left, "((pack) op ... op init)" from the right.
    private void PrintFold(ref Node node)
    {
        bool isLeft = (node.Flags & NodeFlags.Left) != NodeFlags.None;
        ReadOnlySpan<byte> symbol = Operators.Get(node.A).Symbol;
        Open('(');
        if (!isLeft || node.C != 0)
        {
            if (isLeft) PrintOperand(node.C, Precedence.Cast, mayBeEqual: true);
            else PrintPack(node.B);
            PrintSpaced(symbol);
        }

        output.Append("..."u8);
        if (isLeft || node.C != 0)
        {
            PrintSpaced(symbol);
            if (isLeft) PrintPack(node.B);
            else PrintOperand(node.C, Precedence.Cast, mayBeEqual: true);
        }

        Close(')');
    }

    private void PrintSpaced(ReadOnlySpan<byte> symbol)
    {
        output.Append(' ');
        output.Append(symbol);
        output.Append(' ');
    }

    private void PrintSubobject(ref Node node)
    {
        Print(node.B);
        output.Append(".<"u8);
        Print(node.A);
        output.Append(" at offset "u8);
        if (node.C == 0) output.Append('0');
        else AppendNumber(node.C);
        output.Append('>');
    }

    private void PrintDesignated(ref Node node)
    {
        bool isArray = (node.Flags & NodeFlags.Array) != NodeFlags.None;
        output.Append(isArray ? '[' : '.');
        Print(node.A);
        if (isArray) output.Append(']');
        PrintDesignatedValue(node.B);
    }

    // ".a.b[2] = value": only the last designator has the equals sign.
    private void PrintDesignatedValue(int value)
    {
        if (_nodes[value].Kind is not (NodeKind.Designated or NodeKind.DesignatedRange)) output.Append(" = "u8);
        Print(value);
    }

    private void PrintRequirement(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.Requires:
                PrintRequires(ref node);
                break;
            case NodeKind.TypeRequirement:
                output.Append(" typename "u8);
                Print(node.A);
                output.Append(';');
                break;
            case NodeKind.NestedRequirement:
                PrintConstraint(node.A);
                output.Append(';');
                break;
            default:
                PrintExpressionRequirement(ref node);
                break;
        }
    }

    private void PrintRequires(ref Node node)
    {
        output.Append("requires"u8);
        if (node.A != 0)
        {
            output.Append(' ');
            PrintParenthesizedList(node.A);
        }

        output.Append(' ');
        Open('{');
        foreach (int requirement in arena.List(node.B)) Print(requirement);
        output.Append(' ');
        Close('}');
    }

    private void PrintExpressionRequirement(ref Node node)
    {
        bool isNoexcept = (node.Flags & NodeFlags.Noexcept) != NodeFlags.None;
        bool isCompound = isNoexcept || node.B != 0;
        output.Append(' ');
        if (isCompound) Open('{');
        Print(node.A);
        if (isCompound) Close('}');
        if (isNoexcept) output.Append(" noexcept"u8);
        if (node.B != 0)
        {
            output.Append(" -> "u8);
            Print(node.B);
        }

        output.Append(';');
    }
}
