namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.5.2 Builtin types and type constructors that begin with "D".</summary>
internal sealed partial class Parser
{
    private int ParseExtendedType(out bool isSubstitutable)
    {
        isSubstitutable = Peek(1) is (byte)'t' or (byte)'T' or (byte)'v' or (byte)'p' or (byte)'o' or (byte)'O'
            or (byte)'w' or (byte)'x';
        switch ((char)Peek(1))
        {
            case 't' or 'T':
                return ParseDecltype();
            case 'v':
                return ParseVectorType();
            case 'p':
                return ParsePackExpansionType();
            case 'o' or 'O' or 'w' or 'x':
                return ParseFunctionType();
            case 'F':
                return ParseBinaryFloatType();
            case 'A' or 'R' or 'S':
                return ParseFixedPointType();
            case 'B' or 'U':
                return ParseBitIntType();
            case 'k' or 'K':
                return ParseConstrainedType();
            default:
                return ParseSimpleExtendedType();
        }
    }

    private int ParseSimpleExtendedType()
    {
        int type = Words.ExtendedType(Peek(1));
        if (type != 0) _position += 2;
        return type;
    }

    private int ParseDecltype()
    {
        if (!Take('D') || !(Take('t') || Take('T'))) return 0;
        int expression = Closed(ParseExpression(), 'E');
        return expression == 0 ? 0 : arena.Add(NodeKind.Enclosing, Words.Decltype, expression);
    }

    private int ParsePackExpansionType()
    {
        _position += 2;
        int pattern = ParseType();
        return pattern == 0 ? 0 : arena.Add(NodeKind.PackExpansion, pattern);
    }

    // Dv <number> _ <type>, Dv [<expression>] _ <type>, Dv <number> _ p
    private int ParseVectorType()
    {
        _position += 2;
        int size = 0;
        if (Peek() is >= (byte)'1' and <= (byte)'9')
        {
            size = arena.Add(NodeKind.SourceName, ParseNumber());
            if (!Take('_')) return 0;
            if (Take('p')) return arena.Add(NodeKind.PixelVectorType, size);
        }
        else if (!Take('_'))
        {
            size = Closed(ParseExpression(), '_');
            if (size == 0) return 0;
        }

        int element = ParseType();
        return element == 0 ? 0 : arena.Add(NodeKind.VectorType, element, size);
    }

    private int ParseBinaryFloatType()
    {
        _position += 2;
        if (Take("16b"u8)) return Words.Bfloat16;
        int size = arena.Add(NodeKind.SourceName, ParseNumber());
        return Take('_') ? arena.Add(NodeKind.BinaryFloatType, size) : 0;
    }

    // DA and DR with a size letter; DS in front of them saturates.
    private int ParseFixedPointType()
    {
        bool saturated = Take('D', 'S');
        if (Peek() != 'D' || Peek(1) is not ((byte)'A' or (byte)'R')) return 0;
        int type = Words.FixedPointType(saturated, fraction: Peek(1) == 'R', Peek(2));
        if (type != 0) _position += 3;
        return type;
    }

    private int ParseBitIntType()
    {
        NodeFlags flags = Peek(1) == 'U' ? NodeFlags.Unsigned : NodeFlags.None;
        _position += 2;
        int size = IsDigit(Peek()) ? arena.Add(NodeKind.SourceName, ParseNumber()) : ParseExpression();
        return Closed(size, '_') == 0 ? 0 : arena.Add(NodeKind.BitIntType, flags, size);
    }

    private int ParseConstrainedType()
    {
        int word = Peek(1) == 'k' ? Words.ConstrainedAuto : Words.ConstrainedDecltype;
        _position += 2;
        int constraint = ParseName();
        return constraint == 0 ? 0 : arena.Add(NodeKind.PostfixType, constraint, word);
    }
}
