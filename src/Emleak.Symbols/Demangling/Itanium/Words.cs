using System.Text;

namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// Fixed pieces of output. The number of a word is at the same time the number of its node: <see cref="NodeArena"/> starts
/// with one node for each word, so that builtin types and the like cost no allocation.
/// </summary>
internal static class Words
{
    private static readonly List<byte[]> Collected = [[]];

    public static readonly int Std = Add("std");
    public static readonly int Auto = Add("auto");
    public static readonly int Noexcept = Add("noexcept");
    public static readonly int This = Add("this");
    public static readonly int Nullptr = Add("nullptr");
    public static readonly int True = Add("true");
    public static readonly int False = Add("false");
    public static readonly int Rethrow = Add("throw");
    public static readonly int StringLiteral = Add("string literal");
    public static readonly int BlockLiteral = Add("'block-literal'");
    public static readonly int AnonymousNamespace = Add("(anonymous namespace)");

    public static readonly int Struct = Add("struct");
    public static readonly int Union = Add("union");
    public static readonly int Enum = Add("enum");
    public static readonly int Complex = Add(" complex");
    public static readonly int Imaginary = Add(" imaginary");
    public static readonly int ConstrainedAuto = Add(" auto");
    public static readonly int ConstrainedDecltype = Add(" decltype(auto)");

    public static readonly int Decltype = Add("decltype");
    public static readonly int NoexceptOperator = Add("noexcept ");
    public static readonly int SizeofPack = Add("sizeof... ");

    public static readonly int InventedType = Add("$T");
    public static readonly int InventedValue = Add("$N");
    public static readonly int InventedTemplate = Add("$TT");

    public static readonly int TemplateParameterObject = Add("template parameter object for ");
    public static readonly int Vtable = Add("vtable for ");
    public static readonly int Vtt = Add("VTT for ");
    public static readonly int Typeinfo = Add("typeinfo for ");
    public static readonly int TypeinfoName = Add("typeinfo name for ");
    public static readonly int CovariantThunk = Add("covariant return thunk to ");
    public static readonly int VirtualThunk = Add("virtual thunk to ");
    public static readonly int NonVirtualThunk = Add("non-virtual thunk to ");
    public static readonly int ThreadLocalWrapper = Add("thread-local wrapper routine for ");
    public static readonly int ThreadLocalInitialization = Add("thread-local initialization routine for ");
    public static readonly int GuardVariable = Add("guard variable for ");
    public static readonly int ReferenceTemporary = Add("reference temporary for ");
    public static readonly int ModuleInitializer = Add("initializer for module ");
    public static readonly int BlockInvocation = Add("invocation function for block in ");

    // Suffixes of integer literals.
    public static readonly int U = Add("u");
    public static readonly int L = Add("l");
    public static readonly int Ul = Add("ul");
    public static readonly int Ll = Add("ll");
    public static readonly int Ull = Add("ull");

    // The classes with abbreviations of their own.
    public static readonly int Allocator = Add("allocator");
    public static readonly int BasicString = Add("basic_string");
    public static readonly int String = Add("string");
    public static readonly int BasicIstream = Add("basic_istream");
    public static readonly int Istream = Add("istream");
    public static readonly int BasicOstream = Add("basic_ostream");
    public static readonly int Ostream = Add("ostream");
    public static readonly int BasicIostream = Add("basic_iostream");
    public static readonly int Iostream = Add("iostream");

    public static readonly int Char = Add("char");
    public static readonly int WideChar = Add("wchar_t");
    public static readonly int SignedChar = Add("signed char");
    public static readonly int UnsignedChar = Add("unsigned char");
    public static readonly int Short = Add("short");
    public static readonly int UnsignedShort = Add("unsigned short");
    public static readonly int Int128 = Add("__int128");
    public static readonly int UnsignedInt128 = Add("unsigned __int128");
    public static readonly int Bfloat16 = Add("std::bfloat16_t");

    private static readonly int[] BuiltinTypes = Letters(
        ('a', SignedChar), ('b', Add("bool")), ('c', Char), ('d', Add("double")), ('e', Add("long double")),
        ('f', Add("float")), ('g', Add("__float128")), ('h', UnsignedChar), ('i', Add("int")), ('j', Add("unsigned int")),
        ('l', Add("long")), ('m', Add("unsigned long")), ('n', Int128), ('o', UnsignedInt128), ('s', Short),
        ('t', UnsignedShort), ('v', Add("void")), ('w', WideChar), ('x', Add("long long")),
        ('y', Add("unsigned long long")), ('z', Add("...")));

    private static readonly int[] ExtendedTypes = Letters(
        ('a', Auto), ('c', Add("decltype(auto)")), ('d', Add("decimal64")), ('e', Add("decimal128")),
        ('f', Add("decimal32")), ('h', Add("half")), ('i', Add("char32_t")), ('n', Add("std::nullptr_t")),
        ('s', Add("char16_t")), ('u', Add("char8_t")));

    private static readonly int[] Accumulators = FixedPoint("", "_Accum");
    private static readonly int[] Fractions = FixedPoint("", "_Fract");
    private static readonly int[] SaturatedAccumulators = FixedPoint("_Sat ", "_Accum");
    private static readonly int[] SaturatedFractions = FixedPoint("_Sat ", "_Fract");

    private static readonly byte[][] Texts = [.. Collected];

    public static int Count => Texts.Length;

    public static ReadOnlySpan<byte> Text(int word) => Texts[word];

    /// <summary>The builtin type of one letter, 0 when there is none.</summary>
    public static int BuiltinType(byte letter) => Lookup(BuiltinTypes, letter);

    /// <summary>The builtin type of "D" and one letter, 0 when there is none.</summary>
    public static int ExtendedType(byte letter) => Lookup(ExtendedTypes, letter);

    /// <summary>A fixed-point type, 0 when the letter is no size.</summary>
    public static int FixedPointType(bool saturated, bool fraction, byte letter) =>
        Lookup((saturated, fraction) switch
        {
            (false, false) => Accumulators,
            (false, true) => Fractions,
            (true, false) => SaturatedAccumulators,
            (true, true) => SaturatedFractions,
        }, letter);

    private static int Lookup(int[] letters, byte letter)
    {
        uint index = (uint)(letter - 'a');
        return index < (uint)letters.Length ? letters[index] : 0;
    }

    private static int[] FixedPoint(string prefix, string name) => Letters(
        ('s', Add($"{prefix}short {name}")), ('t', Add($"{prefix}unsigned short {name}")), ('i', Add(prefix + name)),
        ('j', Add($"{prefix}unsigned {name}")), ('l', Add($"{prefix}long {name}")), ('m', Add($"{prefix}unsigned long {name}")));

    private static int[] Letters(params ReadOnlySpan<(char Letter, int Word)> entries)
    {
        int[] letters = new int[26];
        foreach ((char letter, int word) in entries) letters[letter - 'a'] = word;
        return letters;
    }

    private static int Add(string text)
    {
        Collected.Add(Encoding.ASCII.GetBytes(text));
        return Collected.Count - 1;
    }
}
