using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Writes a configuration option's value as the C type that the object declared for it: <c>bool</c>, the enumeration
/// <c>libbpf_tristate</c>, a number, a character, or an array of characters.
/// </summary>
internal static class ConfigurationValue
{
    private const string Tristate = "libbpf_tristate";

    /// <param name="types">The object's types.</param>
    /// <param name="type">The declared type.</param>
    /// <param name="text">The value: <c>y</c>, <c>n</c>, <c>m</c>, a number, or a text in double quotes.</param>
    /// <param name="into">Where it goes; zero, and of the type's size.</param>
    /// <returns>False when a value of the type cannot be this.</returns>
    public static bool TryWrite(BtfTypes types, BtfTypeId type, string text, Span<byte> into)
    {
        BtfType declared = types.Resolve(type);
        if (text is "y" or "n" or "m") return TryWriteChoice(types, declared, text[0], into);
        if (text.StartsWith('"')) return TryWriteText(types, declared, text, into);
        return declared.Kind == BtfKind.Integer && !types.GetInteger(declared).IsBoolean
            && TryParse(text, out Int128 number) && TryWriteNumber(number, types.GetInteger(declared).IsSigned, into);
    }

    private static bool TryWriteChoice(BtfTypes types, in BtfType declared, char choice, Span<byte> into)
    {
        if (declared.IsEnum && into.Length == sizeof(int) && types.GetString(declared.NameOffset).SequenceEqual(Encoding.UTF8.GetBytes(Tristate)))
        {
            into[0] = choice switch { 'y' => 1, 'm' => 2, _ => 0 };
            return true;
        }

        if (declared.Kind != BtfKind.Integer || into.Length != 1) return false;
        bool isBoolean = types.GetInteger(declared).IsBoolean;
        // A module is neither yes nor no.
        if (isBoolean && choice == 'm') return false;
        into[0] = isBoolean ? (choice == 'y' ? (byte)1 : (byte)0) : (byte)choice;
        return true;
    }

    private static bool TryWriteText(BtfTypes types, in BtfType declared, string text, Span<byte> into)
    {
        if (declared.Kind != BtfKind.Array || text.Length < 2 || !text.EndsWith('"') || into.IsEmpty) return false;
        BtfType element = types.Resolve(types.GetArray(declared).Element);
        if (element.Kind != BtfKind.Integer || element.Size != 1) return false;
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text[1..^1]);
        // Cut to what leaves room for the zero at the end.
        bytes[..Math.Min(bytes.Length, into.Length - 1)].CopyTo(into);
        return true;
    }

    private static bool TryParse(string text, out Int128 number)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex
            ? Int128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryWriteNumber(Int128 number, bool isSigned, Span<byte> into)
    {
        if (into.Length is not (1 or 2 or 4 or 8)) return false;
        int bits = into.Length * 8;
        Int128 least = isSigned ? -(Int128.One << (bits - 1)) : 0;
        Int128 most = (Int128.One << (isSigned ? bits - 1 : bits)) - 1;
        if (number < least || number > most) return false;
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, unchecked((ulong)number));
        word[..into.Length].CopyTo(into);
        return true;
    }
}
