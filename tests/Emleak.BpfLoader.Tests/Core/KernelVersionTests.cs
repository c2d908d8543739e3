using System.Globalization;
using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Core;

/// <summary>One object, adapted to three kernels: a field that moved, one that was renamed, types that came and went, an enumerator that grew.</summary>
public sealed class KernelVersionTests
{
    private const int Poisoned = -1;
    private const byte Call = 0x85;

    private static readonly BpfObject Object = BpfObject.Parse(Tools.CompileBpf(Encoding.UTF8.GetString(Resource("kernels.bpf.c"))));

    private static readonly Dictionary<string, int[]> Answers = new(StringComparer.Ordinal)
    {
        ["offset_of_tgid"] = [2236, 2436, 1268],
        ["offset_of_start_boottime"] = [2544, 2784, 1560],
        ["offset_of_comm"] = [2736, 2976, 1752],
        ["size_of_comm"] = [16, 16, 16],
        ["has_state"] = [1, 0, 0],
        ["has_new_state"] = [0, 1, 1],
        ["size_of_state"] = [8, Poisoned, Poisoned],
        ["left_shift_of_in_execve"] = [62, 60, 60],
        ["right_shift_of_in_execve"] = [63, 63, 63],
        ["has_folio"] = [0, 1, 1],
        ["has_hd_struct"] = [1, 0, 0],
        ["has_iosys_map"] = [0, 1, 1],
        ["size_of_task"] = [9344, 9792, 3264],
        ["has_uprobe_sessions"] = [0, 0, 1],
        ["attach_types"] = [38, 57, 58],
    };

    [Theory]
    [InlineData("5.10", 0)]
    [InlineData("6.12", 1)]
    [InlineData("6.18", 2)]
    public void An_object_is_adapted_to_a_kernel_by_its_btf_file(string version, int column)
    {
        CoreRelocator relocator = new(Object.Btf!, [BtfTypes.Parse(Resource($"{version}.btf"))]);
        Assert.Equal(Answers.Keys.Order(StringComparer.Ordinal), Object.Programs.Keys.Order(StringComparer.Ordinal));
        string expected = string.Join('\n', Answers.Select(answer => Line(answer.Key, answer.Value[column])));
        Assert.Equal(expected, string.Join('\n', Answers.Keys.Select(name => Line(name, Answer(relocator, name)))));
    }

    private static int Answer(CoreRelocator relocator, string program)
    {
        ProgramSpec spec = Object.Programs[program];
        BpfInstruction relocated = relocator.Apply(spec)[Assert.Single(spec.CoreRelocations).Instruction];
        return relocated.Code == Call ? Poisoned : relocated.Immediate;
    }

    private static string Line(string name, int answer) => string.Create(CultureInfo.InvariantCulture, $"{name} = {answer}");

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(KernelVersionTests).Assembly.GetManifestResourceStream($"kernels/{name}")!;
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
