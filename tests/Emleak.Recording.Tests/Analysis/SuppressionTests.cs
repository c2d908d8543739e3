using Emleak.Recordings.Analysis;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Analysis;

/// <summary>Rules of LeakSanitizer and Valgrind.</summary>
public sealed class SuppressionTests
{
    [Theory]
    // Function, mangled or not, of any frame, inlined ones too; module; file.
    [InlineData("leak:main", new[] { 9 })]
    [InlineData("leak:Pool::take", new[] { 9 })]
    [InlineData("leak:^Pool::take(unsigned long)$", new[] { 9 })]
    [InlineData("leak:^take", new int[0])]
    [InlineData("leak:_ZN4Pool*Em", new[] { 9 })]
    [InlineData("leak:libplugin", new[] { 9 })]
    [InlineData("leak:pool.hpp", new[] { 9 })]
    [InlineData("leak:nothing", new int[0])]
    public void A_line_of_LeakSanitizer_fits_any_frame(string rule, int[] stacks) => Assert.Equal(stacks, Suppressed(rule));

    [Theory]
    [InlineData("fun:malloc\nobj:*/libplugin*\nfun:_ZN4Pool4takeEm", true)]
    [InlineData("fun:malloc\nfun:_ZN4Pool4takeEm", false)]
    [InlineData("fun:*alloc\n...\nfun:ma?n", true)]
    [InlineData("...\nfun:main\n...\nfun:_start", false)]
    [InlineData("obj:*/libplugin-1.2.so*", true)]
    [InlineData("...", true)]
    [InlineData("...\nsrc:server.c", true)]
    [InlineData("fun:_Znwm\n...\nfun:serve*", true)]
    public void A_block_of_Valgrind_fits_the_innermost_frames(string frames, bool fits) =>
        Assert.Equal(fits, Suppressed($"{{\n  a name\n  Memcheck:Leak\n  match-leak-kinds: definite\n  {frames}\n}}\n").Contains(9));

    [Fact]
    public void Blocks_of_other_errors_and_comments_are_skipped() =>
        Assert.Empty(SuppressionFile.Parse("# comment\n\n{\nx\nMemcheck:Cond\nfun:main\n}\n{\ny\nHelgrind:Race\nfun:*\n}\n", "f"));

    [Fact]
    public void A_rule_over_its_budget_suppresses_nothing_and_is_counted()
    {
        Suppressions over = Of("leak:main max=2047\nleak:unused");
        Assert.All(over.ByStack, Assert.Null);
        Assert.Equal([(1, 2048L, 2L, true), (0, 0L, 0L, false)], over.Rules.Select(hits => (hits.Stacks, hits.Bytes, hits.Blocks, hits.IsOverBudget)));
        Assert.False(Of("leak:main max=2K").Rules[0].IsOverBudget);
    }

    [Theory]
    [InlineData("race:main", "rules:1: 'race:main' is neither")]
    [InlineData("#\nleak:a max=lots", "rules:2: 'lots' is no number of bytes")]
    [InlineData("leak:  ", "rules:1: leak: has no pattern")]
    [InlineData("{\nname\nMemcheck:Leak\nfun:main", "rules:1: the block has no end")]
    [InlineData("{\nname\nMemcheck:Leak\nmain\n}", "rules:1: 'main' is none of")]
    [InlineData("{\n}", "rules:1: a block has a name")]
    public void What_is_wrong_is_said_with_its_line(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => SuppressionFile.Parse(text, "rules")).Message, StringComparison.Ordinal);

    [Fact]
    public void Patterns_of_stars_end_in_time() => Assert.False(Wildcard.Fits(string.Concat(Enumerable.Repeat("*a", 50)) + "b", new string('a', 20_000), hasSingle: true));

    private static int[] Suppressed(string rules)
    {
        Recording recording = Samples.Ended();
        IReadOnlyList<SuppressionRule?> byStack = Suppressions.Of(recording, SuppressionFile.Parse(rules, "rules")).ByStack;
        return [.. recording.Stacks.Where((_, i) => byStack[i] is not null).Select(stack => stack.Id)];
    }

    private static Suppressions Of(string rules) => Suppressions.Of(Samples.Ended(), SuppressionFile.Parse(rules, "rules"));
}
