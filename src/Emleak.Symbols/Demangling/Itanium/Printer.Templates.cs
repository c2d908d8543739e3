namespace Emleak.Symbols.Demangling.Itanium;

internal sealed partial class Printer
{
    private void PrintTemplatePart(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.TemplateArguments:
                if (!_isShort) PrintAngleList(node.A);
                break;
            case NodeKind.ArgumentPack:
                PrintList(node.A);
                break;
            case NodeKind.ParameterPack:
                if (PackElement(ref node) is var element and not 0) PrintLeft(element);
                break;
            case NodeKind.PackExpansion:
                PrintExpansion(node.A);
                break;
            case NodeKind.ForwardReference:
                PrintForwardReference(ref node, isLeft: true);
                break;
            case NodeKind.DeclaredArgument:
                Print(node.B);
                break;
            case NodeKind.InventedParameter:
                output.Append(Words.Text(node.A));
                if (node.B > 0) output.AppendNumber((ulong)(node.B - 1));
                break;
            default:
                PrintParameterDeclaration(ref node);
                break;
        }
    }

    private void PrintParameterDeclaration(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.TypeParameter:
                output.Append("typename "u8);
                break;
            case NodeKind.ConstrainedParameter:
                Print(node.A);
                output.Append(' ');
                break;
            case NodeKind.ValueParameter:
                PrintLeft(node.B);
                if (!Has(node.B, Shape.Right)) output.Append(' ');
                break;
            case NodeKind.TemplateParameter:
                output.Append("template"u8);
                PrintAngleList(node.B);
                output.Append(" typename "u8);
                break;
            case NodeKind.PackParameter:
                PrintLeft(node.A);
                output.Append("..."u8);
                break;
        }
    }

    private void PrintTemplatePartRight(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.ParameterPack:
                if (PackElement(ref node) is var element and not 0) PrintRight(element);
                break;
            case NodeKind.ForwardReference:
                PrintForwardReference(ref node, isLeft: false);
                break;
            case NodeKind.TypeParameter:
                Print(node.A);
                break;
            case NodeKind.ConstrainedParameter:
                Print(node.B);
                break;
            case NodeKind.ValueParameter:
                Print(node.A);
                PrintRight(node.B);
                break;
            case NodeKind.TemplateParameter:
                Print(node.A);
                if (node.C != 0) PrintConstraint(node.C);
                break;
            case NodeKind.PackParameter:
                PrintRight(node.A);
                break;
        }
    }

    // The first pack met tells the expansion around it how often to print the pattern.
    private int PackElement(ref Node pack)
    {
        ReadOnlySpan<int> elements = arena.List(pack.A);
        if (_packLength == NoPack)
        {
            _packLength = elements.Length;
            _packIndex = 0;
        }

        return (uint)_packIndex < (uint)elements.Length ? elements[_packIndex] : 0;
    }

    private void PrintExpansion(int pattern)
    {
        (int outerIndex, int outerLength) = (_packIndex, _packLength);
        (_packIndex, _packLength) = (NoPack, NoPack);
        int start = output.Length;
        Print(pattern);
        if (_packLength == NoPack) output.Append("..."u8); // No pack inside: a pack of function parameters.
        else if (_packLength == 0) output.Truncate(start);
        for (int i = 1; i < _packLength && !_hasFailed; i++)
        {
            output.Append(", "u8);
            _packIndex = i;
            Print(pattern);
        }

        (_packIndex, _packLength) = (outerIndex, outerLength);
    }

    // In a malformed name the argument may contain the reference.
    private void PrintForwardReference(ref Node node, bool isLeft)
    {
        if ((node.Flags & NodeFlags.Printing) != NodeFlags.None) return;
        node.Flags |= NodeFlags.Printing;
        if (isLeft) PrintLeft(node.B);
        else PrintRight(node.B);
        node.Flags &= ~NodeFlags.Printing;
    }
}
