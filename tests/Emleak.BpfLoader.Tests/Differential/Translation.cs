using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>
/// The kernel's own dump of a loaded program's instructions. The numbers of maps, which differ from load to load, are
/// replaced by the maps' names; so are addresses of memory that the kernel has allocated.
/// </summary>
internal static class Translation
{
    private const byte LoadImmediate64 = 0x18;
    // The upper halves of addresses: what the kernel has allocated, such as its description of a type, is elsewhere each time.
    private const uint KernelHeap = 0xffff0000;
    private const uint KernelCode = 0xffffff00;

    private const byte MapDescriptor = 1;
    private const byte MapValue = 2;

    /// <param name="program">As bpftool takes it: <c>pinned PATH</c> or <c>id NUMBER</c>.</param>
    public static IReadOnlyList<string> Of(string program)
    {
        string file = Path.GetTempFileName();
        try
        {
            Tools.Run("bpftool", $"prog dump xlated {program} file {file}");
            return Describe(MemoryMarshal.Cast<byte, BpfInstruction>(File.ReadAllBytes(file)), MapNames());
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The type of a program, by the same designation.</summary>
    public static string TypeOf(string program)
    {
        using JsonDocument shown = JsonDocument.Parse(Tools.Run("bpftool", $"-j prog show {program}"));
        return shown.RootElement.GetProperty("type").GetString()!;
    }

    private static List<string> Describe(ReadOnlySpan<BpfInstruction> instructions, Dictionary<int, string> maps)
    {
        List<string> lines = [];
        for (int i = 0; i < instructions.Length; i++)
        {
            BpfInstruction one = instructions[i];
            bool isHeap = one.Code == LoadImmediate64 && (uint)instructions[i + 1].Immediate is >= KernelHeap and < KernelCode;
            bool isMap = one.Code == LoadImmediate64 && one.Source is MapDescriptor or MapValue;
            string operand = isHeap ? "address" : isMap ? maps[one.Immediate] : one.Immediate.ToString(CultureInfo.InvariantCulture);
            lines.Add($"{one.Code:x2} r{one.Destination} r{one.Source} {one.Offset} {operand}");
            if (one.Code != LoadImmediate64) continue;
            i++;
            lines.Add(isHeap ? "   of the kernel's memory" : $"   {instructions[i].Immediate}");
        }

        return lines;
    }

    private static Dictionary<int, string> MapNames()
    {
        using JsonDocument maps = JsonDocument.Parse(Tools.Run("bpftool", "-j map show"));
        Dictionary<int, string> names = [];
        foreach (JsonElement map in maps.RootElement.EnumerateArray())
        {
            // libbpf puts the object's name before those of data sections: "tool.bpf.rodata".
            string name = map.TryGetProperty("name", out JsonElement given) ? given.GetString()! : "";
            int dot = name.LastIndexOf('.');
            names[map.GetProperty("id").GetInt32()] = dot < 0 ? name : name[dot..];
        }

        return names;
    }
}
