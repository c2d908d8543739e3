namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>5.1.10 Compression.</summary>
internal sealed partial class Parser
{
    private int ParseSubstitution()
    {
        if (!Take('S')) return 0;
        if (Peek() is >= (byte)'a' and <= (byte)'z') return ParseStandardAbbreviation();
        if (Take('_')) return _substitutions.Count == 0 ? 0 : _substitutions[0];
        int index = ParseSequenceId() + 1;
        return index > 0 && Take('_') && index < _substitutions.Count ? _substitutions[index] : 0;
    }

    private int ParseStandardAbbreviation()
    {
        (int name, int full) = (char)Peek() switch
        {
            'a' => (Words.Allocator, Words.Allocator),
            'b' => (Words.BasicString, Words.BasicString),
            's' => (Words.String, Words.BasicString),
            'i' => (Words.Istream, Words.BasicIstream),
            'o' => (Words.Ostream, Words.BasicOstream),
            'd' => (Words.Iostream, Words.BasicIostream),
            _ => (0, 0),
        };
        if (name == 0) return 0;
        _position++;
        int abbreviation = arena.Add(NodeKind.StandardAbbreviation, name, full);

        // With ABI tags it is a new thing, which later substitutions may mean.
        int tagged = ParseAbiTags(abbreviation);
        return tagged == abbreviation ? tagged : Substitutable(tagged);
    }

    /// <summary>A number in base 36, negative when there is none; a huge one is cut to a value that nothing can have.</summary>
    private int ParseSequenceId()
    {
        int value = -1;
        while (true)
        {
            byte letter = Peek();
            int digit = letter switch
            {
                >= (byte)'0' and <= (byte)'9' => letter - '0',
                >= (byte)'A' and <= (byte)'Z' => letter - 'A' + 10,
                _ => -1,
            };
            if (digit < 0) return value;
            value = Math.Min(Math.Max(value, 0) * 36 + digit, MaxLength);
            _position++;
        }
    }
}
