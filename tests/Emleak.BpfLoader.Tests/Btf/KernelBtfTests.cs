using System.Diagnostics;
using System.Text.Json;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Btf;

/// <summary>The running kernel's own types.</summary>
public sealed class KernelBtfTests(ITestOutputHelper output)
{
    private static readonly byte[] Bytes = File.ReadAllBytes("/sys/kernel/btf/vmlinux");
    private static readonly BtfTypes Kernel = BtfTypes.Parse(Bytes);

    [Fact]
    public void Every_type_of_the_kernel_decodes()
    {
        long members = 0;
        for (uint id = 0; id < Kernel.Count; id++)
        {
            BtfType type = Kernel[new BtfTypeId(id)];
            Kernel.GetString(type.NameOffset);
            if (type.IsComposite)
            {
                for (int i = 0; i < type.Count; i++)
                {
                    Kernel.TryGetSize(Kernel.GetMember(type, i).Type, out _);
                    members++;
                }
            }
        }

        Assert.True(Kernel.Count > 50_000 && members > 50_000, $"{Kernel.Count} types, {members} members");
    }

    [Theory]
    [InlineData("pid")]
    [InlineData("tgid")]
    [InlineData("comm")]
    [InlineData("group_leader")]
    public void Task_struct_has_the_members_everybody_knows(string name)
    {
        Assert.True(Kernel.TryFind("task_struct", BtfKind.Struct, out BtfType task));
        Assert.Contains(name, Enumerable.Range(0, task.Count).Select(i => Kernel.GetText(Kernel.GetMember(task, i).NameOffset)), StringComparer.Ordinal);
    }

    [Fact]
    public void Kinds_names_and_sizes_agree_with_bpftool()
    {
        using JsonDocument dump = JsonDocument.Parse(Tools.Run("bpftool", "-j btf dump file /sys/kernel/btf/vmlinux format raw"));
        int compared = 0;
        foreach (JsonElement row in dump.RootElement.GetProperty("types").EnumerateArray())
        {
            BtfType type = Kernel[new BtfTypeId(row.GetProperty("id").GetUInt32())];
            string name = row.GetProperty("name").GetString()!;
            Assert.Equal(name, type.NameOffset == 0 ? "(anon)" : Kernel.GetName(type));
            if (row.TryGetProperty("size", out JsonElement size)) Assert.Equal(size.GetUInt32(), type.Size);
            if (row.TryGetProperty("members", out JsonElement members)) CompareMembers(type, members);
            compared++;
        }

        Assert.Equal(Kernel.Count - 1, compared);
    }

    [Fact]
    public void Alignment_of_a_structure_is_that_of_its_strictest_member()
    {
        Assert.True(Kernel.TryFind("task_struct", BtfKind.Struct, out BtfType task));
        Assert.True(Kernel.TryFind("bpf_insn", BtfKind.Struct, out BtfType instruction));
        Assert.Equal(8, Kernel.AlignmentOf(task.Id));
        Assert.Equal(4, Kernel.AlignmentOf(instruction.Id));
    }

    [Fact]
    public void Indexing_takes_no_object_per_type()
    {
        ReadOnlyMemory<byte> bytes = Bytes;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        BtfTypes types = BtfTypes.Parse(bytes);
        TimeSpan parsed = Stopwatch.GetElapsedTime(start);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        types.TryFind("task_struct", BtfKind.Struct, out _);
        TimeSpan found = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{types.Count} types: parsed in {parsed.TotalMilliseconds:F1} ms, first lookup after {found.TotalMilliseconds:F1} ms, {allocated} bytes");
        Assert.True(allocated < 16L * types.Count, $"{allocated} bytes for {types.Count} types");
    }

    private static void CompareMembers(in BtfType type, JsonElement members)
    {
        int index = 0;
        foreach (JsonElement row in members.EnumerateArray())
        {
            BtfMember member = Kernel.GetMember(type, index++);
            Assert.Equal(row.GetProperty("type_id").GetUInt32(), member.Type.Value);
            Assert.Equal(row.GetProperty("bits_offset").GetUInt32(), member.BitOffset);
            if (row.TryGetProperty("bitfield_size", out JsonElement bits)) Assert.Equal(bits.GetInt32(), member.BitSize);
        }

        Assert.Equal(type.Count, index);
    }
}
