using System.Text;
using Emleak.Symbols.Demangling;

namespace Emleak.Symbols.Tests.Demangling;

public sealed class DemanglerTests
{
    public static TheoryData<string, string> Known
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach ((string mangled, string expected) in KnownNames.All) data.Add(mangled, expected);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void Known_name_is_written_as_llvm_writes_it(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.Demangle(mangled) ?? mangled);

    // What LLVM 19 gives back unread. Expected is what the ABI says, in LLVM's layout.
    [Theory]
    [InlineData("__Z1fv", "f()")]
    [InlineData("____Z1fv_block_invoke.4", "invocation function for block in f()")]
    [InlineData("_ZN1ApmEi", "A::operator->*(int)")]
    [InlineData("_Z1fDF16_DF16bDu", "f(_Float16, std::bfloat16_t, char8_t)")]
    [InlineData("_Z1fDAiDSDAs", "f(_Accum, _Sat short _Accum)")]
    [InlineData("_Z1fIiEDTcp1gfp_EET_", "decltype((g)(fp)) f<int>(int)")]
    [InlineData("_ZN1AC1ITk5SmallIT_EiEES2_", "A::A<int>(T)")]
    [InlineData("_ZN1AcvSt6vectorIiSaIiEEEv", "A::operator std::vector<int, std::allocator<int>>()")]
    [InlineData("_ZNK1AcvSt6vectorIT_SaIS1_EEIiEEv", "A::operator std::vector<int, std::allocator<int>><int>() const")]
    public void Name_that_llvm_19_cannot_read_is_read(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.Demangle(mangled));

    [Theory]
    [InlineData("_ZN4llvm10DILocation19decodeDiscriminatorEjRjS1_S1_", "llvm::DILocation::decodeDiscriminator")]
    [InlineData("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back")]
    [InlineData("_ZNKSt8functionIFvvEEclEv", "std::function::operator()")]
    [InlineData("_Z3maxIiET_S0_S0_", "max")]
    [InlineData("_ZN1AIiEC2Ev", "A::A")]
    [InlineData("_ZNSsC1EPKc", "std::basic_string::basic_string")]
    [InlineData("_ZN1AcvSt6vectorIiSaIiEEEv", "A::operator std::vector")]
    [InlineData("_ZNK1AltERKS_", "A::operator<")]
    [InlineData("_ZZN1A1fEiENKUliE_clEi", "A::f::'lambda'::operator()")]
    [InlineData("_ZN12_GLOBAL__N_13fooEv", "(anonymous namespace)::foo")]
    [InlineData("_ZTV3FooIiE", "vtable for Foo")]
    [InlineData("_ZThn16_N1A1fEi", "non-virtual thunk to A::f")]
    [InlineData("_ZN1A3fooB5cxx11Ev.constprop.0", "A::foo")]
    [InlineData("_Z1fIiEvT_Q5SmallIT_E", "f")]
    [InlineData("_RINvNtC3foo3bar1fhjEB4_", "foo::bar::f")]
    [InlineData("_RNvMC1aINtB2_1ShE1f", "<a::S>::f")]
    [InlineData("_RNvXC1aINtB2_1ShENtB2_1T1f.llvm.1", "<a::S as a::T>::f")]
    [InlineData("_RNCNvC1a1b0", "a::b::{closure#0}")]
    [InlineData("_RNvMC1aDINtB2_1ThEp1AbEL_1f", "<dyn a::T>::f")]
    [InlineData("_ZN64_$LT$alloc..vec..Vec$LT$T$C$A$GT$$u20$as$u20$a..Tr$LT$u8$GT$$GT$1f17h0123456789abcdefE", "<alloc::vec::Vec as a::Tr>::f")]
    public void Short_style_keeps_only_the_path(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.Demangle(mangled, DemangleStyle.Short));

    // As rustc's own demangler writes them.
    [Theory]
    [InlineData("_RIC0Ke616263_E", "::<{*\"abc\"}>")]
    [InlineData("_RIC0Ke27_E", "::<{*\"'\"}>")]
    [InlineData("_RIC0Ke090a_E", "::<{*\"\\t\\n\"}>")]
    [InlineData("_RIC0Kee28882c3bc_E", "::<{*\"∂ü\"}>")]
    [InlineData("_RIC0Ke225c_E", "::<{*\"\\\"\\\\\"}>")]
    [InlineData("_RIC0Ke_E", "::<{*\"\"}>")]
    [InlineData("_RIC0KRe616263_E", "::<\"abc\">")]
    [InlineData("_RIC0KRh1_E", "::<{&1}>")]
    [InlineData("_RIC0KQj64_E", "::<{&mut 100}>")]
    [InlineData("_RIC0KAj1_j2_EE", "::<{[1, 2]}>")]
    [InlineData("_RIC0KAEE", "::<{[]}>")]
    [InlineData("_RIC0KTEE", "::<{()}>")]
    [InlineData("_RIC0KTj1_EE", "::<{(1,)}>")]
    [InlineData("_RIC0KTb1_ATc61_ln5_EEEE", "::<{(true, [('a', -5)])}>")]
    [InlineData("_RIC0KRAReEE", null)]
    [InlineData("_RIC0KRARe61_Re62_EE", "::<{&[\"a\", \"b\"]}>")]
    [InlineData("_RIC0KVNtC1a1UUE", "::<{a::U}>")]
    [InlineData("_RIC0KVNtC1a1VTj1_EE", "::<{a::V(1)}>")]
    [InlineData("_RIC0KVNtC1a1VS1xj1_1yVNtC1a1WUEE", "::<{a::V { x: 1, y: a::W }}>")]
    [InlineData("_RIC0KVINtNtC4core6option6OptionjE4SomeTj1_EE", null)]
    [InlineData("_RINvC1a1fWhRh1_h9_E", "a::f::<u8 is 1..=9>")]
    [InlineData("_RINvC1a1fWhORh1_h2_Rh4_h5_EE", "a::f::<u8 is 1..=2 | 4..=5>")]
    [InlineData("_RINvC1a1fWPhNE", "a::f::<*const u8 is !null>")]
    [InlineData("_RINvCse0t5XC0jcx_1c1pKVNtB2_1PS1xj1_1yb1_EEB2_", "c::p::<{c::P { x: 1, y: true }}>")]
    [InlineData("_RINvCse0t5XC0jcx_1c1uKTh1_Rec3a9092722cc81_EEB2_", "c::u::<{(1, \"é\\t'\\\"\\u{301}\")}>")]
    [InlineData("_RIC0Ke6_E", null)]
    [InlineData("_RIC0Keff_E", null)]
    [InlineData("_RIC0KVNtC1a1UXE", null)]
    public void Rust_const_generics_that_llvm_cannot_read_are_read(string mangled, string? expected) =>
        Assert.Equal(expected, Demangler.Demangle(mangled));

    [Theory]
    [InlineData("_Z1fv.llvm.1234567890ABCDEF", "f()")]
    [InlineData("_RNvC1a1f.llvm.123", "a::f")]
    [InlineData("_ZN3foo3bar17h0123456789abcdefE.llvm.9A", "foo::bar::h0123456789abcdef")]
    [InlineData("_Z1fv.cold.llvm.12", "f() (.cold)")]
    [InlineData("_Z1fv.llvm.", "f() (.llvm.)")]
    [InlineData("_Z1fv.llvm.xyz", "f() (.llvm.xyz)")]
    public void Number_of_a_copy_made_at_link_time_is_left_out(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.Demangle(mangled));

    [Theory]
    [InlineData("_Z1fv@GLIBC_2.2.5", "f()@GLIBC_2.2.5", "f")]
    [InlineData("_ZNSt6localeD1Ev@@GLIBCXX_3.4", "std::locale::~locale()@@GLIBCXX_3.4", "std::locale::~locale")]
    [InlineData("_RNvC1a1f@V1", "a::f@V1", "a::f")]
    public void Symbol_version_stays_behind_the_name(string mangled, string full, string brief)
    {
        Assert.Equal(full, Demangler.Demangle(mangled));
        Assert.Equal(brief, Demangler.Demangle(mangled, DemangleStyle.Short));
    }

    // As rustc and GNU c++filt write them.
    [Theory]
    [InlineData("_ZN3foo3barE17h0123456789abcdefE", null)]
    [InlineData("_ZN3foo3bar17h0123456789abcdefE", "foo::bar::h0123456789abcdef")]
    [InlineData("_ZN3foo3bar17h0123456789abcdefE.cold", "foo::bar::h0123456789abcdef (.cold)")]
    [InlineData("_ZN4core3ptr36drop_in_place$LT$alloc..vec..Vec$GT$17h0123456789abcdefE", "core::ptr::drop_in_place<alloc::vec::Vec>::h0123456789abcdef")]
    [InlineData("_ZN34_$LT$$RF$T$u20$as$u20$a..B$C$C$GT$1f17h0123456789abcdefE", "<&T as a::B,C>::f::h0123456789abcdef")]
    [InlineData("_ZN1a28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "a::{{closure}}::h0123456789abcdef")]
    [InlineData("_ZN6a$XX$b17h0123456789abcdefE", "a$XX$b::h0123456789abcdef")]
    [InlineData("_ZN5a.b.c17h0123456789abcdefE", "a.b.c::h0123456789abcdef")]
    [InlineData("_ZN9a$u263a$b17h0123456789abcdefE", "a☺b::h0123456789abcdef")]
    [InlineData("_ZN9a$ud800$b17h0123456789abcdefE", "a$ud800$b::h0123456789abcdef")]
    [InlineData("_ZN99foo17h0123456789abcdefE", null)]
    public void Legacy_rust_name_is_unescaped(string mangled, string? expected) =>
        Assert.Equal(expected, Demangler.Demangle(mangled));

    [Theory]
    [InlineData("")]
    [InlineData("main")]
    [InlineData("_")]
    [InlineData("Z1fv")]
    [InlineData("_start")]
    [InlineData("__libc_start_main")]
    [InlineData("_D3std5stdio")]
    [InlineData("main@GLIBC_2.2.5")]
    [InlineData("_@")]
    [InlineData("_.llvm.1")]
    public void Name_that_is_not_mangled_gives_null(string name) => Assert.Null(Demangler.Demangle(name));

    [Fact]
    public void Bytes_and_text_give_the_same() =>
        Assert.All(KnownNames.All, name => Assert.Equal(Demangler.Demangle(name.Mangled), Demangler.Demangle(Encoding.UTF8.GetBytes(name.Mangled))));

    [Fact]
    public void Identifiers_may_hold_any_utf8() => Assert.Equal("größe(int)", Demangler.Demangle("_Z7größei"));

    [Fact]
    public void Bytes_that_are_no_utf8_do_no_harm() => Assert.Equal("a\uFFFDb()", Demangler.Demangle([.. "_Z3a"u8, 0xFF, .. "bv"u8]));

    [Fact]
    public void Null_is_refused() => Assert.Throws<ArgumentNullException>(() => Demangler.Demangle((string)null!));

    [Fact]
    public void Many_threads_demangle_at_once() =>
        Parallel.For(0, 64, _ => Assert.All(KnownNames.All, name => Assert.Equal(name.Expected, Demangler.Demangle(name.Mangled) ?? name.Mangled)));
}
