using Emleak.Lookup;
using Emleak.Recordings.Model;
using Frame = Emleak.Symbols.Frame;

namespace Emleak.Tests.Lookup;

/// <summary>Names of strangers, fit for formats that end a frame with a semicolon and a line with a newline.</summary>
public sealed class FrameNamesTests
{
    [Theory]
    [InlineData("_ZN2ns1fEPi", "ns::f(int*)", "ns::f")]
    [InlineData("_RINvC1a1fAhj4_E", "a::f::<[u8, 4]>", "a::f")]
    [InlineData("main", "main", "main")]
    [InlineData("a;b", "a,b", "a,b")]
    [InlineData("a\nb\e[31m", "a?b?[31m", "a?b?[31m")]
    public void A_name_is_one_field_of_one_line(string stored, string full, string brief)
    {
        Assert.Equal(full, new FrameNames(NameStyle.Full).Of(stored));
        Assert.Equal(brief, new FrameNames(NameStyle.Short).Of(stored));
        Assert.Equal(stored.Replace(';', ',').Replace('\n', '?').Replace('\e', '?'), new FrameNames(NameStyle.Mangled).Of(stored));
    }

    [Theory]
    [InlineData("/usr/lib/libfoo.so", "[libfoo.so]", 0x1234u)]
    [InlineData("[heap]", "[heap]", 0x1234u)]
    [InlineData("/tmp/x\n;.so", "[x?,.so]", 0x1234u)]
    [InlineData(null, "[UNKNOWN]", 0x7000u)]
    public void Without_a_function_the_place_is_shown(string? module, string expected, ulong offset)
    {
        Frame frame = new() { Address = 0x7000, Kind = Emleak.Symbols.AddressKind.Exact, Module = module, ModuleAddress = 0x1234 };
        Assert.Equal((expected, offset), (new FrameNames(NameStyle.Full).Of(frame), FrameNames.OffsetOf(frame)));
    }
}
