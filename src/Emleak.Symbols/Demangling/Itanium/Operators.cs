using System.Text;

namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>The operators by their two-letter codes: Itanium C++ ABI, 5.1.3 "Operator Encodings" and 5.1.6 "Expressions".</summary>
internal static class Operators
{
    private static readonly SortedList<ushort, Operator> Table = new()
    {
        // Assignments.
        { Code("aS"), Make("=", Precedence.Assignment) },
        { Code("aN"), Make("&=", Precedence.Assignment) },
        { Code("dV"), Make("/=", Precedence.Assignment) },
        { Code("eO"), Make("^=", Precedence.Assignment) },
        { Code("lS"), Make("<<=", Precedence.Assignment) },
        { Code("mI"), Make("-=", Precedence.Assignment) },
        { Code("mL"), Make("*=", Precedence.Assignment) },
        { Code("oR"), Make("|=", Precedence.Assignment) },
        { Code("pL"), Make("+=", Precedence.Assignment) },
        { Code("rM"), Make("%=", Precedence.Assignment) },
        { Code("rS"), Make(">>=", Precedence.Assignment) },

        // Other binary operators. Division has the precedence that LLVM gives it.
        { Code("aa"), Make("&&", Precedence.LogicalAnd) },
        { Code("oo"), Make("||", Precedence.LogicalOr) },
        { Code("an"), Make("&", Precedence.And) },
        { Code("eo"), Make("^", Precedence.Xor) },
        { Code("or"), Make("|", Precedence.Or) },
        { Code("eq"), Make("==", Precedence.Equality) },
        { Code("ne"), Make("!=", Precedence.Equality) },
        { Code("lt"), Make("<", Precedence.Relational) },
        { Code("gt"), Make(">", Precedence.Relational) },
        { Code("le"), Make("<=", Precedence.Relational) },
        { Code("ge"), Make(">=", Precedence.Relational) },
        { Code("ss"), Make("<=>", Precedence.Spaceship) },
        { Code("ls"), Make("<<", Precedence.Shift) },
        { Code("rs"), Make(">>", Precedence.Shift) },
        { Code("pl"), Make("+", Precedence.Additive) },
        { Code("mi"), Make("-", Precedence.Additive) },
        { Code("ml"), Make("*", Precedence.Multiplicative) },
        { Code("rm"), Make("%", Precedence.Multiplicative) },
        { Code("dv"), Make("/", Precedence.Assignment) },
        { Code("cm"), Make(",", Precedence.Comma) },

        // Unary operators.
        { Code("ad"), Make("&", Precedence.Unary, OperatorForm.Prefix) },
        { Code("co"), Make("~", Precedence.Unary, OperatorForm.Prefix) },
        { Code("de"), Make("*", Precedence.Unary, OperatorForm.Prefix) },
        { Code("ng"), Make("-", Precedence.Unary, OperatorForm.Prefix) },
        { Code("nt"), Make("!", Precedence.Unary, OperatorForm.Prefix) },
        { Code("ps"), Make("+", Precedence.Unary, OperatorForm.Prefix) },
        { Code("mm"), Make("--", Precedence.Postfix, OperatorForm.Postfix) },
        { Code("pp"), Make("++", Precedence.Postfix, OperatorForm.Postfix) },

        // Those with operands of their own kind.
        { Code("ix"), Make("[]", Precedence.Postfix, OperatorForm.Subscript) },
        { Code("cl"), Make("()", Precedence.Postfix, OperatorForm.Call) },
        { Code("cp"), Make("()", Precedence.Postfix, OperatorForm.Call, isVariant: true) },
        { Code("cv"), Make("", Precedence.Cast, OperatorForm.Cast) },
        { Code("qu"), Make("?", Precedence.Conditional, OperatorForm.Conditional) },
        { Code("aw"), Make("co_await", Precedence.Primary, OperatorForm.NameOnly) },
        { Code("nw"), Make("new", Precedence.Unary, OperatorForm.New) },
        { Code("na"), Make("new[]", Precedence.Unary, OperatorForm.New, isVariant: true) },
        { Code("dl"), Make("delete", Precedence.Unary, OperatorForm.Delete) },
        { Code("da"), Make("delete[]", Precedence.Unary, OperatorForm.Delete, isVariant: true) },
        { Code("dt"), Make(".", Precedence.Postfix, OperatorForm.Member) },
        { Code("pt"), Make("->", Precedence.Postfix, OperatorForm.Member, isVariant: true) },
        { Code("ds"), Make(".*", Precedence.MemberPointer, OperatorForm.Member) },
        { Code("pm"), Make("->*", Precedence.MemberPointer, OperatorForm.Member, isVariant: true) },

        // Those that are no operator functions.
        { Code("cc"), Make("const_cast", Precedence.Postfix, OperatorForm.NamedCast) },
        { Code("dc"), Make("dynamic_cast", Precedence.Postfix, OperatorForm.NamedCast) },
        { Code("rc"), Make("reinterpret_cast", Precedence.Postfix, OperatorForm.NamedCast) },
        { Code("sc"), Make("static_cast", Precedence.Postfix, OperatorForm.NamedCast) },
        { Code("at"), Make("alignof ", Precedence.Unary, OperatorForm.OfType) },
        { Code("az"), Make("alignof ", Precedence.Unary, OperatorForm.OfExpression) },
        { Code("st"), Make("sizeof ", Precedence.Unary, OperatorForm.OfType) },
        { Code("sz"), Make("sizeof ", Precedence.Unary, OperatorForm.OfExpression) },
        { Code("ti"), Make("typeid ", Precedence.Postfix, OperatorForm.OfType) },
        { Code("te"), Make("typeid ", Precedence.Postfix, OperatorForm.OfExpression) },
    };

    private static readonly ushort[] Codes = [.. Table.Keys];
    private static readonly Operator[] Entries = [.. Table.Values];

    /// <summary>The operator's number, negative when the letters are none.</summary>
    public static int Find(byte first, byte second) => Codes.AsSpan().BinarySearch((ushort)(first << 8 | second));

    public static Operator Get(int number) => Entries[number];

    private static ushort Code(string letters) => (ushort)(letters[0] << 8 | letters[1]);

    private static Operator Make(
        string symbol, Precedence precedence, OperatorForm form = OperatorForm.Binary, bool isVariant = false)
    {
        bool isWord = symbol.Length > 0 && char.IsAsciiLetter(symbol[0]);
        byte[] name = Encoding.ASCII.GetBytes((isWord ? "operator " : "operator") + symbol);
        return new Operator(form, precedence, Encoding.ASCII.GetBytes(symbol), name, isVariant);
    }
}
