using System.Globalization;

namespace Emleak.Symbols.Demangling.Rust;

/// <summary>Values of const generics.</summary>
internal sealed partial class RustDemangler
{
    /// <param name="isInside">True for a part of a larger expression: only in front of generic arguments are expressions put in braces.</param>
    private void ReadConstant(bool isInside = false)
    {
        if (!TryEnter()) return;
        byte tag = Next();
        switch ((char)tag)
        {
            case 'a' or 's' or 'l' or 'x' or 'n' or 'i' or 'h' or 't' or 'm' or 'y' or 'o' or 'j':
                ReadInteger();
                break;
            case 'b':
                ReadBoolean();
                break;
            case 'c':
                ReadCharacter();
                break;
            case 'p':
                Write('_');
                break;
            case 'R' when Take('e'):
                ReadText();
                break;
            case 'B':
                if (!TryFollowReference(out int resume)) break;
                ReadConstant(isInside);
                _position = resume;
                break;
            default:
                if (!isInside) Write('{');
                ReadExpression(tag);
                if (!isInside) Write('}');
                break;
        }

        _depth--;
    }

    private void ReadInteger()
    {
        const int DigitsOf64Bits = 16;
        if (Take('n')) Write('-');
        ReadOnlySpan<byte> digits = ReadHex();
        if (digits.Length > DigitsOf64Bits)
        {
            Write("0x"u8);
            Write(digits);
        }
        else if (!_hasFailed)
        {
            WriteNumber(ulong.Parse(digits, NumberStyles.AllowHexSpecifier));
        }
    }

    private void ReadBoolean()
    {
        ReadOnlySpan<byte> digits = ReadHex();
        if (digits.SequenceEqual("0"u8)) Write("false"u8);
        else if (digits.SequenceEqual("1"u8)) Write("true"u8);
        else _hasFailed = true;
    }

    private void ReadCharacter()
    {
        const int MostDigits = 6;
        ReadOnlySpan<byte> digits = ReadHex();
        if (_hasFailed || digits.Length > MostDigits)
        {
            _hasFailed = true;
            return;
        }

        Write('\'');
        WriteCharacter(int.Parse(digits, NumberStyles.AllowHexSpecifier), digits, quote: '\'');
        Write('\'');
    }

    private void WriteCharacter(int character, ReadOnlySpan<byte> digits, char quote)
    {
        switch (character)
        {
            case '\t':
                Write("\\t"u8);
                break;
            case '\r':
                Write("\\r"u8);
                break;
            case '\n':
                Write("\\n"u8);
                break;
            case '\\' or '\'' or '"' when character == '\\' || character == quote:
                Write('\\');
                Write((char)character);
                break;
            case >= ' ' and <= '~':
                Write((char)character);
                break;
            default:
                Write("\\u{"u8);
                Write(digits);
                Write('}');
                break;
        }
    }

    /// <summary>Hexadecimal digits until "_", without leading zeros; empty and a failure when malformed.</summary>
    private ReadOnlySpan<byte> ReadHex()
    {
        ReadOnlySpan<byte> rest = _input.AsSpan(_position, _end - _position);
        int length = _hasFailed ? -1 : rest.IndexOf((byte)'_');
        bool isValid = length > 0
            && (length == 1 || rest[0] != '0')
            && !rest[..length].ContainsAnyExcept(HexDigits.Lower);
        if (!isValid)
        {
            _hasFailed = true;
            return default;
        }

        _position += length + 1;
        return rest[..length];
    }
}
