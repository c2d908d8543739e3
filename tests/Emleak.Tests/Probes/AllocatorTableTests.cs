using System.Text.RegularExpressions;
using Emleak.Probes;
using Emleak.Tests.Support;

namespace Emleak.Tests.Probes;

/// <summary>The functions that are known, beside those that the allocators of the distribution export.</summary>
public sealed partial class AllocatorTableTests
{
    // They tell sizes and numbers, or concern whole heaps.
    private static readonly string[] WithoutBlocks =
    [
        "malloc_usable_size", "malloc_size", "malloc_good_size", "nallocx", "sallocx", "malloc_stats", "malloc_stats_print",
        "mi_malloc_usable_size", "mi_malloc_size", "mi_malloc_good_size", "mi_heap_new", "mi_heap_new_in_arena", "mi_heap_delete", "mi_register_deferred_free",
        "tc_malloc_size", "tc_malloc_stats", "tc_nallocx", "tc_query_new_mode", "tc_set_new_mode",
    ];

    // They call or jump to a function that is known (the workload "every_mimalloc" shows it).
    private static readonly string[] Callers =
    [
        "_aligned_malloc", "__posix_memalign", "vfree", "reallocarr", "mi_reallocarr", "mi__expand", "mi_realpath", "mi_heap_realpath",
        "mi_mbsdup", "mi_wcsdup", "mi_dupenv_s", "mi_wdupenv_s",
    ];

    [Theory]
    [InlineData("libjemalloc.so.2")]
    [InlineData("libtcmalloc_minimal.so.4")]
    [InlineData("libmimalloc.so.2")]
    public void Whatever_an_allocator_offers_is_known(string library)
    {
        using TestFolder folder = new();
        using RunningProcess nm = new("nm", ["-D", "--defined-only", "--without-symbol-versions", "/usr/lib/x86_64-linux-gnu/" + library], folder.Path);
        Assert.Equal(0, nm.WaitForExit());
        HashSet<string> known = [.. AllocatorTable.With([]).Select(function => function.Name), .. WithoutBlocks, .. Callers];
        string[] offered = [.. Function().Matches(nm.Output).Select(match => match.Groups["name"].Value).Where(name => Word().IsMatch(name))];
        Assert.InRange(offered.Length, 20, 200);
        Assert.Equal([], offered.Where(name => !known.Contains(name)));
    }

    [GeneratedRegex("^[0-9a-f]+ [TWi] (?<name>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Function();

    // C++'s operators, and functions of C in whose names one of the words is.
    [GeneratedRegex("^_Z(nw|na|dl|da)|^(?!_Z|MallocExtension_|MallocHook_|TCMalloc).*(alloc|free|memalign|new|delete|dup|expand|realpath)")]
    private static partial Regex Word();
}
