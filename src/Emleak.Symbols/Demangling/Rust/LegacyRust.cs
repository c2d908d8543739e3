using System.Globalization;
using System.Text;

namespace Emleak.Symbols.Demangling.Rust;

/// <summary>
/// Rust's first mangling, which clothes itself as C++: "_ZN", path elements with lengths, "17h" and a hash of 16 digits, "E".
/// What C++ identifiers cannot hold is escaped with dollar signs. LLVM demangles these as C++ and leaves the escapes; here
/// they are undone, as rustc and GNU's c++filt do. The hash tells nothing to people: the short style has none.
/// </summary>
internal static class LegacyRust
{
    /// <summary>"17h" and 16 digits.</summary>
    private const int HashLength = 19;

    public static bool IsMangled(ReadOnlySpan<byte> name) => TrySplit(name, out _, out _);

    public static bool TryDemangle(ReadOnlySpan<byte> name, OutputText output, DemangleStyle style)
    {
        if (!TrySplit(name, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> suffix)) return false;
        if (style == DemangleStyle.Short) path = path[..^HashLength];
        while (!path.IsEmpty)
        {
            if (!TryTakeElement(ref path, out ReadOnlySpan<byte> element)) return false;
            AppendElement(output, element);
            if (!path.IsEmpty) output.Append("::"u8);
        }

        if (style == DemangleStyle.Short)
        {
            output.Truncate(RemoveGenericArguments(output.Written));
        }
        else if (!suffix.IsEmpty)
        {
            output.Append(" ("u8);
            output.Append(suffix);
            output.Append(')');
        }

        return !output.Overflowed;
    }

    private static bool TrySplit(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> suffix)
    {
        path = suffix = default;
        if (!name.StartsWith("_ZN"u8)) return false;
        int hash = name.LastIndexOf("17h"u8);
        int end = hash + HashLength;
        if (hash <= 3 || end >= name.Length || name[end] != 'E') return false;
        if (name[(hash + 3)..end].ContainsAnyExcept(HexDigits.Lower)) return false;
        path = name[3..end];
        suffix = name[(end + 1)..];
        return suffix.IsEmpty || suffix[0] == '.';
    }

    private static bool TryTakeElement(ref ReadOnlySpan<byte> path, out ReadOnlySpan<byte> element)
    {
        element = default;
        int digits = path.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits <= 0 || !int.TryParse(path[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int length)) return false;
        path = path[digits..];
        if (length == 0 || length > path.Length) return false;
        element = path[..length];
        path = path[length..];
        return true;
    }

    private static void AppendElement(OutputText output, ReadOnlySpan<byte> element)
    {
        // An element cannot begin with a dollar sign in C++, hence the underscore.
        if (element.StartsWith("_$"u8)) element = element[1..];
        while (!element.IsEmpty)
        {
            int special = element.IndexOfAny((byte)'$', (byte)'.');
            if (special != 0)
            {
                int plain = special < 0 ? element.Length : special;
                output.Append(element[..plain]);
                element = element[plain..];
            }
            else if (element[0] == '.')
            {
                bool isPath = element.StartsWith(".."u8);
                output.Append(isPath ? "::"u8 : "."u8);
                element = element[(isPath ? 2 : 1)..];
            }
            else if (!TryAppendEscape(output, ref element))
            {
                output.Append(element);
                return;
            }
        }
    }

    private static bool TryAppendEscape(OutputText output, ref ReadOnlySpan<byte> element)
    {
        int length = element[1..].IndexOf((byte)'$');
        if (length <= 0) return false;
        ReadOnlySpan<byte> escape = element.Slice(1, length);
        int character = escape switch
        {
            [(byte)'S', (byte)'P'] => '@',
            [(byte)'B', (byte)'P'] => '*',
            [(byte)'R', (byte)'F'] => '&',
            [(byte)'L', (byte)'T'] => '<',
            [(byte)'G', (byte)'T'] => '>',
            [(byte)'L', (byte)'P'] => '(',
            [(byte)'R', (byte)'P'] => ')',
            [(byte)'C'] => ',',
            [(byte)'u', .. var digits] => ParseCodePoint(digits),
            _ => -1,
        };
        if (!Rune.IsValid(character) || Rune.IsControl(new Rune(character))) return false;
        Span<byte> utf8 = stackalloc byte[4];
        output.Append(utf8[..new Rune(character).EncodeToUtf8(utf8)]);
        element = element[(length + 2)..];
        return true;
    }

    private static int ParseCodePoint(ReadOnlySpan<byte> digits) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) ? value : -1;

    /// <summary>
    /// Cuts "&lt;...&gt;" out where it follows a name; where it stands alone it is the type or trait that is meant. Gives the
    /// new length.
    /// </summary>
    private static int RemoveGenericArguments(Span<byte> text)
    {
        int kept = 0;
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte letter = text[i];
            bool isArrow = letter == '>' && i > 0 && text[i - 1] == '-';
            bool followsName = kept > 0 && (char.IsAsciiLetterOrDigit((char)text[kept - 1]) || text[kept - 1] == '_');
            if (letter == '<' && (depth > 0 || followsName)) depth++;
            else if (letter == '>' && depth > 0 && !isArrow) depth--;
            else if (depth == 0) text[kept++] = letter;
        }

        return kept;
    }
}
