namespace Emleak.Symbols.Demangling.Itanium;

internal sealed partial class Printer
{
    private void PrintName(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.NestedName or NodeKind.LocalName:
                Print(node.A);
                output.Append("::"u8);
                Print(node.B);
                break;
            case NodeKind.TemplateName:
                Print(node.A);
                Print(node.B);
                break;
            case NodeKind.Encoding:
                PrintEncodingLeft(ref node);
                break;
            case NodeKind.Constructor:
                output.Append(BaseName(node.A));
                break;
            case NodeKind.Destructor:
                output.Append('~');
                output.Append(BaseName(node.A));
                break;
            case NodeKind.StandardAbbreviation:
                output.Append("std::"u8);
                output.Append(Words.Text(node.A));
                break;
            case NodeKind.OperatorName:
                output.Append(Operators.Get(node.A).Name);
                break;
            case NodeKind.ConversionOperator:
                output.Append("operator "u8);
                Print(node.A);
                break;
            case NodeKind.TaggedName:
                PrintLeft(node.A);
                if (!_isShort) AppendBetween("[abi:"u8, node.B, "]"u8);
                break;
            case NodeKind.ClosureType:
                AppendBetween("'lambda"u8, node.E, "'"u8);
                if (!_isShort) PrintClosureSignature(ref node);
                break;
            case NodeKind.UnnamedType:
                AppendBetween("'unnamed"u8, node.A, "'"u8);
                break;
            case NodeKind.SpecialName:
                output.Append(Words.Text(node.A));
                Print(node.B);
                break;
            case NodeKind.CloneSuffix:
                Print(node.A);
                if (!_isShort) AppendBetween(" ("u8, node.B, ")"u8);
                break;
            default:
                PrintRareName(ref node);
                break;
        }
    }

    private void PrintRareName(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.FriendName:
                Print(node.A);
                output.Append("::friend "u8);
                Print(node.B);
                break;
            case NodeKind.GlobalName:
                output.Append("::"u8);
                Print(node.A);
                break;
            case NodeKind.ModuleName:
                bool isPartition = (node.Flags & NodeFlags.Partition) != NodeFlags.None;
                if (node.A != 0) Print(node.A);
                if (node.A != 0 || isPartition) output.Append(isPartition ? ':' : '.');
                Print(node.B);
                break;
            case NodeKind.ModuleEntity:
                Print(node.B);
                output.Append('@');
                Print(node.A);
                break;
            case NodeKind.DestructorName:
                output.Append('~');
                PrintLeft(node.A);
                break;
            case NodeKind.StructuredBinding:
                Open('[');
                PrintList(node.A);
                Close(']');
                break;
            case NodeKind.LiteralOperator:
                output.Append("operator\"\" "u8);
                Print(node.A);
                break;
            case NodeKind.StandardClass:
                PrintStandardClass(ref node);
                break;
            case NodeKind.EnableIf:
                output.Append(" [enable_if:"u8);
                PrintList(node.A);
                output.Append(']');
                break;
            case NodeKind.ObjectParameter:
                output.Append("this "u8);
                Print(node.A);
                break;
            case NodeKind.ConstructionVtable:
                output.Append("construction vtable for "u8);
                Print(node.A);
                output.Append("-in-"u8);
                Print(node.B);
                break;
        }
    }

    private void AppendBetween(ReadOnlySpan<byte> before, int text, ReadOnlySpan<byte> after)
    {
        output.Append(before);
        AppendText(text);
        output.Append(after);
    }

    private void PrintEncodingLeft(ref Node node)
    {
        int returnType = node.A;
        if (returnType != 0 && !_isShort)
        {
            PrintLeft(returnType);
            if (!Has(returnType, Shape.Right)) output.Append(' ');
        }

        Print(node.B);
    }

    private void PrintEncodingRight(ref Node node)
    {
        if (_isShort) return;
        PrintParenthesizedList(node.C);
        if (node.A != 0) PrintRight(node.A);
        PrintMethodQualifiers(node.Flags);
        if (node.D != 0) Print(node.D);
        if (node.E != 0) PrintConstraint(node.E);
    }

    private void PrintConstraint(int constraint)
    {
        output.Append(" requires "u8);
        Print(constraint);
    }

    private void PrintClosureSignature(ref Node node)
    {
        if (node.A != 0) PrintAngleList(node.A);
        if (node.B != 0)
        {
            PrintConstraint(node.B);
            output.Append(' ');
        }

        PrintParenthesizedList(node.C);
        if (node.D != 0) PrintConstraint(node.D);
    }

    // As the scope of a constructor: "std::basic_string<char, ...>::basic_string(...)".
    private void PrintStandardClass(ref Node node)
    {
        output.Append("std::"u8);
        output.Append(Words.Text(node.B));
        if (node.A == node.B || _isShort) return;
        output.Append("<char, std::char_traits<char>"u8);
        if (node.A == Words.String) output.Append(", std::allocator<char>"u8);
        output.Append('>');
    }

    /// <summary>The last part of a class's name without template arguments: the name of its constructors.</summary>
    private ReadOnlySpan<byte> BaseName(int number)
    {
        while (true)
        {
            ref Node node = ref _nodes[number];
            switch (node.Kind)
            {
                case NodeKind.Word or NodeKind.StandardAbbreviation:
                    return Words.Text(node.A);
                case NodeKind.SourceName:
                    return TextOf(node.A);
                case NodeKind.OperatorName:
                    return Operators.Get(node.A).Name;
                case NodeKind.StandardClass:
                    return Words.Text(node.B);
                case NodeKind.NestedName or NodeKind.FriendName or NodeKind.ModuleEntity:
                    number = node.B;
                    break;
                case NodeKind.TaggedName or NodeKind.TemplateName or NodeKind.GlobalName:
                    number = node.A;
                    break;
                default:
                    return default;
            }
        }
    }
}
