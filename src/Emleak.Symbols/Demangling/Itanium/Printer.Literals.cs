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
        if (node.A != 0)
        {
            ref Node type = ref _nodes[node.A];
            if (type.Kind == NodeKind.ArrayType && type.A == Words.Char && TryPrintString(arena.List(node.B))) return;
            Print(node.A);
        }

        output.Append('{');
        PrintList(node.B);
        output.Append('}');
    }

    /// <summary>Writes an array of characters as a string, nothing when an element is no character.</summary>
    private bool TryPrintString(ReadOnlySpan<int> elements)
    {
        int start = output.Length;
        bool afterEscape = false;
        output.Append('"');
        foreach (int element in elements)
        {
            ref Node node = ref _nodes[element];
            if (node.Kind != NodeKind.IntegerLiteral || !TryGetCharacter(TextOf(node.B), out byte character))
            {
                output.Truncate(start);
                return false;
            }

            // A digit would continue the escape before it.
            if (afterEscape && char.IsAsciiHexDigit((char)character)) output.Append("\"\""u8);
            afterEscape = PrintCharacter(character);
        }

        output.Append('"');
        return true;
    }

    private static bool TryGetCharacter(ReadOnlySpan<byte> digits, out byte character)
    {
        int value = 0;
        character = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            value = value * 10 + (digit - '0');
            if (value > byte.MaxValue) return false;
        }

        character = (byte)value;
        return true;
    }

    /// <summary>Gives whether the character was written as a number.</summary>
    private bool PrintCharacter(byte character)
    {
        const byte Delete = 127;
        char name = (char)character switch
        {
            '\a' => 'a',
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\v' => 'v',
            '"' => '"',
            '\\' => '\\',
            _ => '\0',
        };
        if (name != 0)
        {
            output.Append('\\');
            output.Append(name);
            return false;
        }

        if (character is >= (byte)' ' and not Delete)
        {
            output.Append([character]);
            return false;
        }

        output.Append('\\');
        if (character > 7) output.Append('x');
        if (character >= 16) output.Append((char)('0' + (character >> 4)));
        output.Append("0123456789ABCDEF"[character & 15]);
        return true;
    }
}
