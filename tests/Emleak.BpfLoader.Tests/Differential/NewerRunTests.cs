using System.Diagnostics;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>The same objects, run: what their programs compute shows that they were put together right.</summary>
public sealed class NewerRunTests
{
    private const int SmallestPacket = 14;

    [Fact]
    public void Callbacks_of_loops_and_of_walks_over_maps_are_called()
    {
        using BpfCollection loaded = Load("callbacks");
        Run(loaded, "loops");
        // All j below all i below 10; 10 times the squares to 5.
        Assert.Equal(120ul, loaded.ReadVariable<ulong>("looped"));
        Assert.Equal(550ul, loaded.ReadVariable<ulong>("walked"));
    }

    [Fact]
    public void Callbacks_of_timers_and_of_work_queues_are_called()
    {
        using BpfCollection loaded = Load("callbacks");
        Run(loaded, "starts_timer");
        Run(loaded, "starts_work");
        WaitFor(() => loaded.ReadVariable<ulong>("fired") == 2);
        WaitFor(() => loaded.ReadVariable<ulong>("worked") == 1);
    }

    [Fact]
    public void An_iterator_walks_over_numbers()
    {
        using BpfCollection loaded = Load("iterators");
        Assert.Equal(0u, Run(loaded, "adds_when_called"));
    }

    [Fact]
    public void A_loop_ends_that_may_be_left()
    {
        using BpfCollection loaded = Load("may-goto");
        for (int i = 0; i < 3 && loaded.ReadVariable<ulong>("rounds") == 0; i++) Run(loaded, "goes_round");
        Assert.NotEqual(0ul, loaded.ReadVariable<ulong>("rounds"));
    }

    [Fact]
    public void Signed_arithmetic_is_that_of_C()
    {
        using BpfCollection loaded = Load("cpu-v4");
        Run(loaded, "divides");
        long quotient = loaded.ReadVariable<long>("quotient"), rest = loaded.ReadVariable<long>("rest");
        long dividend = (quotient * -7) + rest;
        Assert.InRange(dividend, 0, 0xffff);
        Assert.Equal(dividend / -7, quotient);
        Assert.Equal(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)dividend), loaded.ReadVariable<uint>("swapped"));
    }

    [Fact]
    public void Memory_is_written_and_read_through_dynamic_pointers()
    {
        using BpfCollection loaded = Load("dynptrs");
        Run(loaded, "writes");
        Assert.Equal(42ul, loaded.ReadVariable<ulong>("read_back"));
    }

    [Fact]
    public void An_exception_ends_the_program_and_calls_the_function_that_it_names()
    {
        using BpfCollection loaded = Load("exceptions");
        loaded.WriteVariable("thrown", 6ul);
        Assert.Equal(41u, loaded.Programs["throws"].Run(new byte[SmallestPacket]).Result);
        Assert.Equal(1ul, loaded.ReadVariable<ulong>("thrown"));
    }

    [Fact]
    public void Lists_in_variables_keep_what_is_put_into_them()
    {
        using BpfCollection loaded = Load("collections");
        Assert.Equal(0u, loaded.Programs["takes"].Run(new byte[SmallestPacket]).Result);
        loaded.Programs["keeps"].Run(new byte[SmallestPacket]);
        Assert.Equal(5u, loaded.Programs["takes"].Run(new byte[SmallestPacket]).Result);
    }

    [Fact]
    public void Variables_in_an_arena_are_shared_and_its_pointers_hold_here_too()
    {
        Assert.SkipWhen(KernelFeatures.MapType(Abi.BpfMapType.Arena) != FeatureSupport.Yes, "needs kernel 6.9");
        BpfObject spec = BpfObject.Parse(NewerObjects.Compile("arena", "v3"));
        using BpfCollection loaded = spec.Load();
        Assert.Equal(5ul, loaded.ReadVariable<ulong>("started"));
        loaded.WriteVariable("started", 9ul);
        Assert.Equal(0u, Run(loaded, "builds"));
        Assert.Equal(10ul, loaded.ReadVariable<ulong>("started"));
        Assert.Equal((1ul, 2ul, 30ul, 4ul), loaded.ReadVariable<(ulong, ulong, ulong, ulong)>("table"));
        Assert.Equal(31ul, loaded.ReadVariable<ulong>("sum"));
        nint first = loaded.ReadVariable<nint>("list");
        Assert.Equal(7, System.Runtime.InteropServices.Marshal.ReadInt64(first + 8));
        nint second = System.Runtime.InteropServices.Marshal.ReadIntPtr(first);
        Assert.Equal(8, System.Runtime.InteropServices.Marshal.ReadInt64(second + 8));
        Run(loaded, "frees");
    }

    [Fact]
    public void The_kernel_uses_a_structure_of_functions_while_the_link_lives()
    {
        using BpfCollection loaded = Load("struct-ops");
        Assert.DoesNotContain("emleak_test", CongestionControls(), StringComparison.Ordinal);
        using (loaded.Maps["emleak_congestion"].Attach()) Assert.Contains("emleak_test", CongestionControls(), StringComparison.Ordinal);
        Assert.DoesNotContain("emleak_test", CongestionControls(), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => loaded.Maps[".bss"].Attach());
    }

    [Fact]
    public void A_structure_of_functions_is_made_only_when_wanted_if_its_section_says_so()
    {
        string text = NewerObjects.Read("struct-ops-old.bpf.c").Replace("SEC(\".struct_ops\")", "SEC(\"?.struct_ops.link\")", StringComparison.Ordinal);
        BpfObject spec = BpfObject.Parse(NewerObjects.CompileText(text, "v3"));
        using (BpfCollection without = spec.Load()) Assert.Empty(without.Programs);
        spec.Maps["emleak_old"].IsMade = true;
        using BpfCollection loaded = spec.Load();
        Assert.Equal(3, loaded.Programs.Count);
    }

    /// <summary>The first lacks functions that the kernel insists on, the second a name: whoever does not want them is not kept from the rest.</summary>
    [Theory]
    [InlineData(".struct_ops.link", ".name = \"bpf_incompl\"")]
    [InlineData(".struct_ops", ".name = \"bpf_incompl\"")]
    [InlineData(".struct_ops.link", ".undo_cwnd = (void *)undo, .cong_avoid = (void *)avoid")]
    public void A_structure_of_functions_is_judged_when_it_is_attached(string section, string members)
    {
        BpfObject spec = BpfObject.Parse(NewerObjects.CompileText(
            $$"""
            #include "newer.h"
            struct sock;
            struct tcp_congestion_ops { char name[16]; __u32 (*ssthresh)(struct sock *); __u32 (*undo_cwnd)(struct sock *); void (*cong_avoid)(struct sock *, __u32, __u32); };
            SEC("struct_ops/ss") __u32 ss(__u64 *ctx) { return 2; }
            SEC("?struct_ops/undo") __u32 undo(__u64 *ctx) { return 2; }
            SEC("?struct_ops/avoid") void avoid(__u64 *ctx) { }
            SEC("{{section}}") struct tcp_congestion_ops structure = { .ssthresh = (void *)ss, {{members}} };
            """,
            "v3"));
        using BpfCollection loaded = spec.Load();
        BpfException refused = Assert.Throws<BpfException>(() => loaded.Maps["structure"].Attach());
        Assert.Equal(22, refused.ErrorNumber);
        Assert.Contains("may be missing", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".struct_ops.link")]
    [InlineData(".struct_ops")]
    public void Programs_behind_a_question_mark_are_loaded_for_a_structure_that_is_made(string section)
    {
        string text = NewerObjects.Read("struct-ops.bpf.c").Replace("SEC(\"struct_ops", "SEC(\"?struct_ops", StringComparison.Ordinal)
            .Replace("SEC(\".struct_ops.link\")", $"SEC(\"{section}\")", StringComparison.Ordinal);
        BpfObject spec = BpfObject.Parse(NewerObjects.CompileText(text, "v3"));
        Assert.All(spec.Programs.Values, static program => Assert.False(program.IsLoaded));
        using (BpfCollection loaded = spec.Load())
        {
            Assert.Equal(3, loaded.Programs.Count);
            using (BpfLink link = loaded.Maps["emleak_congestion"].Attach())
            {
                Assert.Equal(section.EndsWith("link", StringComparison.Ordinal), link.EndsWithProcess);
                Assert.Contains("emleak_test", CongestionControls(), StringComparison.Ordinal);
            }

            Assert.DoesNotContain("emleak_test", CongestionControls(), StringComparison.Ordinal);
            if (section.EndsWith("link", StringComparison.Ordinal)) using (loaded.Maps["emleak_congestion"].Attach()) Assert.Contains("emleak_test", CongestionControls(), StringComparison.Ordinal);
        }

        spec.Maps["emleak_congestion"].IsMade = false;
        using BpfCollection without = spec.Load();
        Assert.Empty(without.Programs);
    }

    [Fact]
    public void Of_declarations_of_a_kernel_function_the_one_is_used_that_fits()
    {
        using BpfCollection loaded = Load("kernel-function-flavours");
        Assert.Equal(0u, Run(loaded, "looks"));
        Assert.NotEqual(0, loaded.ReadVariable<int>("found"));
        Assert.Equal(0, loaded.ReadVariable<int>("other"));
    }

    private static string CongestionControls() => File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control");

    private static BpfCollection Load(string name) => BpfObject.Parse(NewerObjects.Compile(name, name.EndsWith("v4", StringComparison.Ordinal) ? "v4" : "v3")).Load();

    private static uint Run(BpfCollection loaded, string program) => loaded.Programs[program].Run().Result;

    private static void WaitFor(Func<bool> isDone)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!isDone())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), "it does not happen");
            Thread.Sleep(1);
        }
    }
}
