namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// Writes nodes as C++ source, laid out as LLVM's demangler does. A node has a left and a right part, since C++ writes what
/// it declares in the middle of the type. The parts of the class follow <see cref="NodeKind"/>.
/// </summary>
internal sealed partial class Printer(NodeArena arena, OutputText output)
{
    private const int MaxDepth = 1024;

    /// <summary>
    /// How many parts of nodes may be printed or looked at. Substitutions can make a name of a hundred bytes stand for 2^50
    /// nodes that print as nothing; the longest real names need a few ten thousand.
    /// </summary>
    private const int MaxSteps = 1_000_000;

    /// <summary>No pack is being expanded.</summary>
    private const int NoPack = -1;

    private byte[] _input = [];
    private Node[] _nodes = [];
    private bool _isShort;
    private int _depth;
    private int _steps;
    private bool _hasFailed;
    private int _packIndex;
    private int _packLength;

    /// <summary>
    /// Parentheses since the innermost template arguments began: 0 means that "&gt;" would end them. Starts at 1.
    /// </summary>
    private int _parentheses;

    /// <summary>Writes the node to the output. False when the name is too large or too deep.</summary>
    public bool TryPrint(int root, byte[] input, DemangleStyle style)
    {
        _input = input;
        _nodes = arena.Nodes;
        _isShort = style == DemangleStyle.Short;
        _depth = 0;
        _steps = 0;
        _hasFailed = false;
        _packIndex = NoPack;
        _packLength = NoPack;
        _parentheses = 1;
        Print(root);
        return !_hasFailed && !output.Overflowed;
    }

    private void Print(int node)
    {
        PrintLeft(node);
        if ((_nodes[node].Shape & Shape.AnyRight) != Shape.Plain) PrintRight(node);
    }

    private void PrintLeft(int number)
    {
        ref Node node = ref _nodes[number];
        switch (node.Kind)
        {
            case NodeKind.Word:
                output.Append(Words.Text(node.A));
                return;
            case NodeKind.SourceName:
                AppendText(node.A);
                return;
        }

        if (!TryEnter()) return;
        if (node.Kind <= NodeKind.LastType) PrintTypeLeft(ref node);
        else if (node.Kind <= NodeKind.LastName) PrintName(ref node);
        else if (node.Kind <= NodeKind.LastTemplatePart) PrintTemplatePart(ref node);
        else PrintExpression(ref node);
        _depth--;
    }

    private void PrintRight(int number)
    {
        if (!TryEnter()) return;
        ref Node node = ref _nodes[number];
        if (node.Kind <= NodeKind.LastType) PrintTypeRight(ref node);
        else if (node.Kind == NodeKind.Encoding) PrintEncodingRight(ref node);
        else PrintTemplatePartRight(ref node);
        _depth--;
    }

    private bool TryEnter()
    {
        if (_depth < MaxDepth && ++_steps < MaxSteps && !output.Overflowed)
        {
            _depth++;
            return true;
        }

        _hasFailed = true;
        return false;
    }

    /// <summary>Whether the node has the property, which may depend on the pack element that is being printed.</summary>
    private bool Has(int number, Shape property)
    {
        ref Node node = ref _nodes[number];
        if ((node.Shape & property) != Shape.Plain) return true;
        Shape unknown = (Shape)((int)property << 1);
        if ((node.Shape & unknown) == Shape.Plain || !TryEnter()) return false;
        bool result = node.Kind switch
        {
            NodeKind.QualifiedType or NodeKind.PointerType or NodeKind.ReferenceType => Has(node.A, property),
            NodeKind.MemberPointerType => Has(node.B, property),
            NodeKind.ParameterPack => PackElement(ref node) is var element and not 0 && Has(element, property),
            NodeKind.ForwardReference => ForwardHas(ref node, property),
            _ => false,
        };
        _depth--;
        return result;
    }

    private bool ForwardHas(ref Node node, Shape property)
    {
        if ((node.Flags & NodeFlags.Printing) != NodeFlags.None) return false;
        node.Flags |= NodeFlags.Printing;
        bool result = Has(node.B, property);
        node.Flags &= ~NodeFlags.Printing;
        return result;
    }

    /// <summary>Writes the nodes with commas; what prints as nothing (an empty pack) gets none.</summary>
    private void PrintList(int list)
    {
        bool isFirst = true;
        foreach (int item in arena.List(list))
        {
            if (_hasFailed) return;
            int beforeComma = output.Length;
            if (!isFirst) output.Append(", "u8);
            int afterComma = output.Length;
            PrintOperand(item, Precedence.Comma);
            if (output.Length == afterComma) output.Truncate(beforeComma);
            else isFirst = false;
        }
    }

    private void PrintParenthesizedList(int list)
    {
        Open('(');
        PrintList(list);
        Close(')');
    }

    /// <summary>Writes what is inside angle brackets, where a greater-than sign needs parentheses.</summary>
    private void PrintAngleList(int list)
    {
        int outer = _parentheses;
        _parentheses = 0;
        output.Append('<');
        PrintList(list);
        output.Append('>');
        _parentheses = outer;
    }

    /// <summary>Writes an operand, in parentheses if it binds no stronger than its operator.</summary>
    private void PrintOperand(int node, Precedence precedence, bool mayBeEqual = false)
    {
        Precedence own = _nodes[node].Precedence;
        bool parenthesized = mayBeEqual ? own > precedence : own >= precedence;
        if (parenthesized) Open('(');
        Print(node);
        if (parenthesized) Close(')');
    }

    private void Open(char bracket)
    {
        _parentheses++;
        output.Append(bracket);
    }

    private void Close(char bracket)
    {
        _parentheses--;
        output.Append(bracket);
    }

    private void AppendText(int text) => output.Append(TextOf(text));

    private ReadOnlySpan<byte> TextOf(int text) => _input.AsSpan(text >>> 16, text & 0xFFFF);

    /// <summary>Writes a number whose sign is a letter.</summary>
    private void AppendNumber(int text)
    {
        ReadOnlySpan<byte> digits = TextOf(text);
        if (digits is [(byte)'n', .. var magnitude])
        {
            output.Append('-');
            digits = magnitude;
        }

        output.Append(digits);
    }

    private void PrintMethodQualifiers(NodeFlags flags)
    {
        PrintQualifiers(flags);
        if ((flags & NodeFlags.LValue) != NodeFlags.None) output.Append(" &"u8);
        if ((flags & NodeFlags.RValue) != NodeFlags.None) output.Append(" &&"u8);
    }

    private void PrintQualifiers(NodeFlags flags)
    {
        if ((flags & NodeFlags.Const) != NodeFlags.None) output.Append(" const"u8);
        if ((flags & NodeFlags.Volatile) != NodeFlags.None) output.Append(" volatile"u8);
        if ((flags & NodeFlags.Restrict) != NodeFlags.None) output.Append(" restrict"u8);
    }
}
