namespace Emleak.Symbols.Demangling.Itanium;

internal sealed partial class Printer
{
    private void PrintLiteral(ref Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.IntegerLiteral:
                PrintInteger(ref node);
                break;
            case NodeKind.EnumLiteral:
                PrintFunctionLike(default, node.A);
                AppendNumber(node.B);
                break;
            case NodeKind.StringLiteral:
                output.Append("\"<"u8);
                Print(node.A);
                output.Append(">\""u8);
                break;
            case NodeKind.LambdaLiteral:
                output.Append("[]"u8);
                PrintClosureSignature(ref _nodes[node.A]);
                output.Append("{...}"u8);
                break;
            default:
                HexFloat.Append(output, TextOf(node.A));
                break;
        }
    }

    private void PrintInteger(ref Node node)
    {
        const int LongestSuffix = 3;
        ReadOnlySpan<byte> type = Words.Text(node.A);
        bool isSuffix = type.Length <= LongestSuffix;
        if (!isSuffix)
        {
            Open('(');
            output.Append(type);
            Close(')');
        }

        AppendNumber(node.B);
        if (isSuffix) output.Append(type);
    }

    private void PrintInitializerList(ref Node node)
    {
        if (node.A != 0) Print(node.A);
        output.Append('{');
        PrintList(node.B);
        output.Append('}');
    }
}
