using System.Buffers;

namespace Emleak.Symbols.Demangling.Rust;

/// <summary>Letters, numbers, identifiers, and the output.</summary>
internal sealed partial class RustDemangler
{
    private static readonly SearchValues<byte> NameLetters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"u8);

    private byte Next()
    {
        if (!_hasFailed && _position < _end) return _input[_position++];
        _hasFailed = true;
        return 0;
    }

    private bool Take(char letter)
    {
        if (_hasFailed || _position >= _end || _input[_position] != letter) return false;
        _position++;
        return true;
    }

    /// <summary>0 when the tag is absent, otherwise one more than the number after it.</summary>
    private ulong ReadOptionalBase62(char tag) => Take(tag) ? Combine(ReadBase62(), 1, 1) : 0;

    // "_" is 0, "0_" is 1.
    private ulong ReadBase62()
    {
        if (Take('_')) return 0;
        ulong value = 0;
        while (true)
        {
            byte letter = Next();
            if (letter == '_') return Combine(value, 1, 1);
            int digit = (char)letter switch
            {
                >= '0' and <= '9' => letter - '0',
                >= 'a' and <= 'z' => letter - 'a' + 10,
                >= 'A' and <= 'Z' => letter - 'A' + 36,
                _ => -1,
            };
            if (digit < 0) _hasFailed = true;
            if (_hasFailed) return 0;
            value = Combine(value, 62, digit);
        }
    }

    private ulong ReadDecimal()
    {
        if (_hasFailed || _position >= _end || !char.IsAsciiDigit((char)_input[_position]))
        {
            _hasFailed = true;
            return 0;
        }

        if (Take('0')) return 0;
        ulong value = 0;
        while (!_hasFailed && _position < _end && char.IsAsciiDigit((char)_input[_position]))
            value = Combine(value, 10, _input[_position++] - '0');
        return value;
    }

    /// <summary>value * factor + term; too large a number is malformed.</summary>
    private ulong Combine(ulong value, uint factor, int term)
    {
        // Factors and terms are under 64: a value that leaves six bits free cannot overflow.
        if (value >> 58 == 0) return _hasFailed ? 0 : (value * factor) + (uint)term;
        UInt128 result = ((UInt128)value * factor) + (uint)term;
        if (result > ulong.MaxValue) _hasFailed = true;
        return _hasFailed ? 0 : (ulong)result;
    }

    // [u] <length> [_] <bytes>: "_" keeps a digit or underscore at the start of the bytes apart from the length.
    private RustIdentifier ReadIdentifier()
    {
        bool isPunycode = Take('u');
        ulong length = ReadDecimal();
        Take('_');
        if (_hasFailed || length > (ulong)(_end - _position))
        {
            _hasFailed = true;
            return default;
        }

        RustIdentifier identifier = new(_position, (int)length, isPunycode);
        if (TextOf(identifier).ContainsAnyExcept(NameLetters)) _hasFailed = true;
        _position += identifier.Length;
        return identifier;
    }

    private ReadOnlySpan<byte> TextOf(RustIdentifier identifier) => _input.AsSpan(identifier.Start, identifier.Length);

    private void WriteIdentifier(RustIdentifier identifier)
    {
        if (_hasFailed || _isSilent) return;
        if (!identifier.IsPunycode) Write(TextOf(identifier));
        else if (!Punycode.TryDecode(TextOf(identifier), output)) _hasFailed = true;
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        if (!_hasFailed && !_isSilent) output.Append(text);
    }

    private void Write(char letter)
    {
        if (!_hasFailed && !_isSilent) output.Append(letter);
    }

    private void WriteNumber(ulong number)
    {
        if (!_hasFailed && !_isSilent) output.AppendNumber(number);
    }
}
