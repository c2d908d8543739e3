namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.6 Literals and other primary expressions.</summary>
internal sealed partial class Parser
{
    private const int FloatDigits = 8;
    private const int DoubleDigits = 16;
    private const int LongDoubleDigits = 20;

    private int ParsePrimary()
    {
        if (!Take('L')) return 0;
        byte letter = Peek();
        switch ((char)letter)
        {
            case 'b':
                if (Take("b0E"u8)) return Words.False;
                return Take("b1E"u8) ? Words.True : 0;
            case 'a' or 'c' or 'h' or 'i' or 'j' or 'l' or 'm' or 'n' or 'o' or 's' or 't' or 'w' or 'x' or 'y':
                _position++;
                return ParseInteger(IntegerWord(letter));
            case 'f':
                return ParseFloat(NodeKind.FloatLiteral, FloatDigits);
            case 'd':
                return ParseFloat(NodeKind.DoubleLiteral, DoubleDigits);
            case 'e':
                return ParseFloat(NodeKind.LongDoubleLiteral, LongDoubleDigits);
            case '_':
                return Take('_', 'Z') ? Closed(ParseEncoding(), 'E') : 0;
            case 'A':
                return Wrap(NodeKind.StringLiteral, Closed(ParseType(), 'E'));
            case 'D':
                return ParseNullptr();
            case 'U':
                return Peek(1) == 'l' ? Wrap(NodeKind.LambdaLiteral, Closed(ParseUnnamedType(isEncoding: false), 'E')) : 0;
            case 'T':
                return 0; // A value of dependent type cannot be a literal.
            default:
                return ParseEnumValue();
        }
    }

    // Common types are told by a suffix, the others are written in front in parentheses.
    private static int IntegerWord(byte letter) => (char)letter switch
    {
        'i' => 0,
        'j' => Words.U,
        'l' => Words.L,
        'm' => Words.Ul,
        'x' => Words.Ll,
        'y' => Words.Ull,
        _ => Words.BuiltinType(letter),
    };

    private int ParseInteger(int word)
    {
        int number = ParseNumber(allowNegative: true);
        return number != 0 && Take('E') ? arena.Add(NodeKind.IntegerLiteral, word, number) : 0;
    }

    private int ParseEnumValue()
    {
        int type = ParseType();
        int number = type == 0 ? 0 : ParseNumber(allowNegative: true);
        return number != 0 && Take('E') ? arena.Add(NodeKind.EnumLiteral, type, number) : 0;
    }

    private int ParseNullptr()
    {
        if (!Take('D', 'n')) return 0;
        Take('0');
        return Take('E') ? Words.Nullptr : 0;
    }

    private int ParseFloat(NodeKind kind, int digits)
    {
        _position++;
        if (_end - _position <= digits) return 0;
        int text = TextFrom(_position, _position + digits);
        if (TextOf(text).ContainsAnyExcept(HexDigits.Lower)) return 0;
        _position += digits;
        return Take('E') ? arena.Add(kind, text) : 0;
    }

    // fpT: "this". fp [qualifiers] [<number>] _, fL <level> p [qualifiers] [<number>] _: a parameter by its number.
    private int ParseFunctionParameter()
    {
        if (Take("fpT"u8)) return Words.This;
        if (Take('f', 'L'))
        {
            if (ParseNumber() == 0 || !Take('p')) return 0;
        }
        else if (!Take('f', 'p'))
        {
            return 0;
        }

        ParseQualifiers();
        int number = ParseNumber();
        return Take('_') ? arena.Add(NodeKind.FunctionParameter, number) : 0;
    }
}
