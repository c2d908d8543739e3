using System.Buffers;
using System.Globalization;
using System.Text;

namespace Emleak.Symbols.Demangling.Rust;

/// <summary>
/// Const generics of unstable kinds (<c>adt_const_params</c>): texts, references, arrays, tuples, structures, and the patterns of
/// pattern types. LLVM does not know them; they are written as rustc's own demangler does.
/// </summary>
/// <seealso href="https://doc.rust-lang.org/rustc/symbol-mangling/v0.html"/>
internal sealed partial class RustDemangler
{
    private void ReadExpression(byte tag)
    {
        switch ((char)tag)
        {
            // A text has the type &str; what is here is the str behind it.
            case 'e':
                Write('*');
                ReadText();
                break;
            case 'R' or 'Q':
                Write('&');
                if (tag == 'Q') Write("mut "u8);
                ReadConstant(isInside: true);
                break;
            case 'A':
                Write('[');
                ReadSeparated(", "u8, static self => self.ReadConstant(isInside: true));
                Write(']');
                break;
            case 'T':
                ReadTupleFields(hasTrailingComma: true);
                break;
            case 'V':
                ReadPath(inType: false);
                ReadFields();
                break;
            default:
                _hasFailed = true;
                break;
        }
    }

    // U: none. T <const>* E: without names. S (<identifier> <const>)* E: with names.
    private void ReadFields()
    {
        switch ((char)Next())
        {
            case 'U':
                break;
            case 'T':
                ReadTupleFields(hasTrailingComma: false);
                break;
            case 'S':
                Write(" { "u8);
                ReadSeparated(", "u8, static self => self.ReadNamedField());
                Write(" }"u8);
                break;
            default:
                _hasFailed = true;
                break;
        }
    }

    private void ReadTupleFields(bool hasTrailingComma)
    {
        Write('(');
        int count = ReadSeparated(", "u8, static self => self.ReadConstant(isInside: true));
        Write(hasTrailingComma && count == 1 ? ",)"u8 : ")"u8);
    }

    private void ReadNamedField()
    {
        ReadOptionalBase62('s');
        WriteIdentifier(ReadIdentifier());
        Write(": "u8);
        ReadConstant(isInside: true);
    }

    // W <type> <pattern>.
    private void ReadPatternType()
    {
        ReadType();
        Write(" is "u8);
        ReadPattern();
    }

    private void ReadPattern()
    {
        if (!TryEnter()) return;
        switch ((char)Next())
        {
            case 'R':
                ReadConstant();
                Write("..="u8);
                ReadConstant();
                break;
            case 'O':
                ReadSeparated(" | "u8, static self => self.ReadPattern());
                break;
            case 'N':
                Write("!null"u8);
                break;
            default:
                _hasFailed = true;
                break;
        }

        _depth--;
    }

    // UTF-8, as hexadecimal digits until "_".
    private void ReadText()
    {
        ReadOnlySpan<byte> rest = _input.AsSpan(_position, _end - _position);
        int length = _hasFailed ? -1 : rest.IndexOf((byte)'_');
        if (length < 0 || length % 2 != 0 || rest[..length].ContainsAnyExcept(HexDigits.Lower))
        {
            _hasFailed = true;
            return;
        }

        _position += length + 1;
        Write('"');
        WriteText(Convert.FromHexString(Encoding.ASCII.GetString(rest[..length])));
        Write('"');
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int read) != OperationStatus.Done)
            {
                _hasFailed = true;
                return;
            }

            if (IsShownAsItIs(rune)) Write(text[..read]);
            else WriteCharacter(rune.Value, Encoding.ASCII.GetBytes(rune.Value.ToString("x", CultureInfo.InvariantCulture)), quote: '"');
            text = text[read..];
        }
    }

    // What is no letter of its own, or is not seen at all, is written by its number.
    private static bool IsShownAsItIs(Rune rune) => !rune.IsAscii && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
