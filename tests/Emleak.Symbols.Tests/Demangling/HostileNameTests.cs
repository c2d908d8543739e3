using System.Diagnostics;
using System.Text;
using Emleak.Symbols.Demangling;

namespace Emleak.Symbols.Tests.Demangling;

/// <summary>Names made to exhaust the stack, the memory or the patience of who reads them.</summary>
public sealed class HostileNameTests
{
    private const int SmallStack = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static TheoryData<string, string> Bombs => new()
    {
        { "pointers", "_Z1f" + Repeat("P", 60_000) + "i" },
        { "nested names", "_ZN" + Repeat("1a", 30_000) + "E" },
        { "template arguments", "_Z" + Repeat("1aI", 20_000) + "i" + Repeat("E", 20_000) },
        { "argument packs", "_Z1fI" + Repeat("J", 50_000) + Repeat("E", 50_000) },
        { "unary operators", "_Z1fIX" + Repeat("ng", 30_000) + "Li1EEEvv" },
        { "function types", "_Z1f" + Repeat("PF", 30_000) },
        { "local names", "_" + Repeat("Z", 60_000) },
        { "encodings", "_Z1fI" + Repeat("L_Z1fI", 10_000) },
        { "vendor qualifiers", "_Z1f" + Repeat("U1a", 20_000) + "i" },
        { "braces", "_Z1fIXtl1A" + Repeat("di1a", 15_000) + "Li1EEEEvv" },
        { "inherited constructors", "_ZN" + Repeat("1ACI1N", 10_000) },
        { "template parameters", "_ZN1AUl" + Repeat("Tt", 30_000) },
        { "template parameter packs", "_ZN1AUl" + Repeat("Tp", 30_000) },
        { "requirements", "_Z1fIiEvvQ" + Repeat("rqQ", 20_000) },
        { "thunks", "_Z" + Repeat("Th0_", 15_000) },
        { "abi tags", "_Z1f" + Repeat("B1a", 20_000) },
        { "modules", "_Z" + Repeat("W1a", 20_000) + "1fv" },
        { "clone suffix", "_Z1fv" + Repeat(".a", 30_000) },
        { "doubling pairs", Doubling(50) },
        { "doubling function types", DoublingFunctions(50) },
        { "doubling empty packs", EmptyDoubling(60) },
        { "pack of packs", "_Z1fIJ" + Repeat("i", 20_000) + "EEv" + Repeat("DpPT_", 8000) },
        { "references to references", "_Z1fIRiEv" + Repeat("O", 60_000) + "T_" },
        { "self-reference", "_ZN1AcvT_I" + Repeat("R", 10) + "S1_EEv" },
        { "huge numbers", "_Z99999999999999999999f" },
        { "huge substitution", "_Z1fSZZZZZZZZZZZZZZZZZ_" },
        { "huge parameter", "_Z1fIiEvT99999999999999999999_" },
        { "rust nesting", "_R" + Repeat("Nv", 30_000) },
        { "rust slices", "_RINvC1a1f" + Repeat("S", 60_000) },
        { "rust doubling", RustDoubling(60) },
        { "rust silent doubling", "_RM" + RustDoubling(60)[2..] + "h" },
        { "rust self-reference", "_RIB_E" },
        { "rust binder", "_RINvC1a1fFGzzzzzzzzz_EuE" },
        { "rust punycode", "_RNvC1au60000" + Repeat("a", 60_000) },
        { "rust short punycode often", "_RINvC1au500" + Repeat("0", 500) + Repeat("hB_", 10_000) },
        { "legacy rust", "_ZN" + Repeat("1a", 20_000) + "17h0123456789abcdefE" },
        { "too long", "_Z1f" + Repeat("i", 10_000_000) },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Bomb_does_no_harm(string what, string name)
    {
        foreach (DemangleStyle style in Enum.GetValues<DemangleStyle>())
        {
            string? result = null;
            TimeSpan time = Measure(() => result = Demangler.Demangle(name, style));
            Assert.True(time < Patience, $"{what}: {time}");
            Assert.True(result is null || Encoding.UTF8.GetByteCount(result) <= OutputText.Limit, $"{what}: {result?.Length}");
        }
    }

    public static TheoryData<string, string> SmallBombs => new()
    {
        { Doubling(3), "f(a<int, int>, a<a<int, int>, a<int, int>>, a<a<a<int, int>, a<int, int>>, a<a<int, int>, a<int, int>>>)" },
        { DoublingFunctions(1), "f(void (), void  (void ())())" },
        { RustDoubling(3), "a::f::<(u8, u8), ((u8, u8), (u8, u8)), (((u8, u8), (u8, u8)), ((u8, u8), (u8, u8)))>" },
    };

    // The bombs above are well-formed, each element twice as large as the one before.
    [Theory]
    [MemberData(nameof(SmallBombs))]
    public void Doubling_is_written_out_while_it_is_small(string name, string expected) =>
        Assert.Equal(expected, Demangler.Demangle(name));

    [Fact]
    public void Doubling_is_refused_when_it_is_large() =>
        Assert.All([Doubling(50), DoublingFunctions(50), RustDoubling(60)], name => Assert.Null(Demangler.Demangle(name)));

    [Fact]
    public void Names_may_nest_as_deep_as_real_templates_do()
    {
        const int Depth = 150;
        string name = "_Z1f" + Repeat("1aI", Depth) + "i" + Repeat("E", Depth);
        Assert.Equal("f(" + Repeat("a<", Depth) + "int" + Repeat(">", Depth) + ")", Demangler.Demangle(name));
    }

    [Fact]
    public void After_a_bomb_names_are_read_as_before()
    {
        foreach (ITheoryDataRow row in Bombs)
        {
            _ = Demangler.Demangle((string)row.GetData()[1]!);
            Assert.Equal("ns::f(int*)", Demangler.Demangle("_ZN2ns1fEPi"));
        }
    }

    [Fact]
    public void Damaged_names_are_read_or_refused_but_never_throw()
    {
        string[] seeds = [.. KnownNames.All.Select(name => name.Mangled)];
        int read = 0;
        TimeSpan time = Measure(() =>
        {
            foreach (string name in Mutations.Of(seeds, seed: 4711).Take(100_000))
            {
                string? full = Demangler.Demangle(name);
                string? brief = Demangler.Demangle(name, DemangleStyle.Short);
                Assert.True(full is null || brief is not null, name);
                if (full is not null) read++;
            }
        });
        Assert.True(time < TimeSpan.FromSeconds(60), $"{time}");
        Assert.InRange(read, 5000, 95_000);
    }

    // On a thread with little stack, so that recursion without end would be seen.
    private static TimeSpan Measure(Action action)
    {
        Exception? failure = null;
        Stopwatch watch = Stopwatch.StartNew();
        Thread thread = new(() => failure = Record.Exception(action), SmallStack);
        thread.Start();
        thread.Join();
        watch.Stop();
        Assert.Null(failure);
        return watch.Elapsed;
    }

    private static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    // Each type is a template of the one before, twice: a<a<..., ...>, a<..., ...>>.
    private static string Doubling(int depth)
    {
        StringBuilder name = new("_Z1f1aIiiE");
        for (int i = 1; i < depth; i++) name.Append("S_I").Append(Substitution(i)).Append(Substitution(i)).Append('E');
        return name.ToString();
    }

    private static string DoublingFunctions(int depth)
    {
        StringBuilder name = new("_Z1fFvvE");
        for (int i = 0; i < depth; i++) name.Append('F').Append(Substitution(i)).Append(Substitution(i)).Append('E');
        return name.ToString();
    }

    // Types that print as nothing at all, doubled.
    private static string EmptyDoubling(int depth)
    {
        StringBuilder name = new("_Z1fIJEEvDpT_");
        for (int i = 1; i < depth; i++) name.Append("DpF").Append(Substitution(i)).Append(Substitution(i)).Append('E');
        return name.ToString();
    }

    private static string Substitution(int index) => index == 0 ? "S_" : $"S{Base36(index - 1)}_";

    private static string Base36(int number)
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        return number < Digits.Length ? Digits[number].ToString() : Base36(number / Digits.Length) + Digits[number % Digits.Length];
    }

    // Each tuple names the one before twice, by where it stands.
    private static string RustDoubling(int depth)
    {
        StringBuilder name = new("_RINvC1a1f");
        int previous = name.Length - 2;
        name.Append("Thh");
        name.Append('E');
        for (int i = 1; i < depth; i++)
        {
            int position = name.Length - 2;
            string reference = $"B{Base62(previous)}";
            name.Append('T').Append(reference).Append(reference).Append('E');
            previous = position;
        }

        return name.Append('E').ToString();
    }

    private static string Base62(int number)
    {
        const string Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        string text = "_";
        if (number == 0) return text;
        number--;
        do
        {
            text = Digits[number % Digits.Length] + text;
            number /= Digits.Length;
        }
        while (number > 0);
        return text;
    }
}
