using Emleak.Recordings.Reports;

namespace Emleak.Recordings.Tests.Reports;

/// <summary>Text of strangers on its way to a terminal or a file.</summary>
public sealed class CleanTextTests
{
    [Fact]
    public void Controls_and_what_changes_the_order_of_reading_are_replaced()
    {
        IEnumerable<int> unfit =
        [
            .. Enumerable.Range(0, 0x20), 0x7f, .. Enumerable.Range(0x80, 0x20), 0xad, 0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029,
            .. Enumerable.Range(0x202a, 5), .. Enumerable.Range(0x2066, 4), 0xfeff, 0xe0001, 0xe0041,
        ];
        foreach (int code in unfit) Assert.Equal("a?b", CleanText.Of($"a{char.ConvertFromUtf32(code)}b"));
    }

    [Theory]
    [InlineData("std::vector<int, std::allocator<int> >::push_back(int&&)")]
    [InlineData("größe_von::日本語::Δ")]
    [InlineData("🦀::new")]
    [InlineData("")]
    public void Names_of_any_language_stay_as_they_are(string name) => Assert.Equal(name, CleanText.Of(name));

    [Fact]
    public void Half_of_a_pair_of_surrogates_becomes_a_replacement_character() => Assert.Equal("a\ufffdb", CleanText.Of("a\ud800b"));

    [Fact]
    public void Long_text_is_cut_between_characters_and_says_so()
    {
        Assert.Equal(new string('x', CleanText.MaxLength), CleanText.Of(new string('x', CleanText.MaxLength)));
        Assert.Equal(new string('x', CleanText.MaxLength) + "...", CleanText.Of(new string('x', 1_000_000)));
        Assert.Equal(new string('x', CleanText.MaxLength - 1) + "...", CleanText.Of(new string('x', CleanText.MaxLength - 1) + "🦀🦀"));
    }

    [Fact]
    public void Json_keeps_every_character_as_an_escape()
    {
        const string Json = "{\"function\":\"a\u202eb\u0085\U000e0041c\"}";
        string clean = CleanText.EscapedJson(Json);
        Assert.Equal("{\"function\":\"a\\u202eb\\u0085\\udb40\\udc41c\"}", clean);
        Assert.Equal("a\u202eb\u0085\U000e0041c", System.Text.Json.JsonDocument.Parse(clean).RootElement.GetProperty("function").GetString());
    }
}
