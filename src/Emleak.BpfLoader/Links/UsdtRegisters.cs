using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Links;

/// <summary>Registers by the assembler's names, as offsets in <c>struct pt_regs</c> (<c>struct user_pt_regs</c> on aarch64).</summary>
internal static class UsdtRegisters
{
    private const int LastArm64 = 30;

    private static readonly Dictionary<string, int> X64 = Names();

    /// <summary>Null: there is no such register in it.</summary>
    public static int? OffsetOf(string name, Architecture architecture)
    {
        if (architecture == Architecture.X64) return X64.TryGetValue(name, out int offset) ? offset : null;
        if (name == "sp") return (LastArm64 + 1) * sizeof(ulong);
        bool isNumbered = name.Length is 2 or 3 && name[0] is 'x' or 'w';
        return isNumbered && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= LastArm64
            ? number * sizeof(ulong) : null;
    }

    // Where the whole register is, its parts are: the bits above them are cut off by the argument's size.
    private static Dictionary<string, int> Names()
    {
        Dictionary<string, int> names = new(StringComparer.Ordinal);
        string[] inOrder = ["r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di"];
        for (int i = 0; i < inOrder.Length; i++) Add(inOrder[i], i * sizeof(ulong));
        names["rip"] = 128;
        names["rsp"] = names["esp"] = 152;
        return names;

        void Add(string name, int offset)
        {
            string[] parts = name switch
            {
                ['r', ..] => [name, name + "d", name + "w", name + "b"],
                [_, 'x'] => ["r" + name, "e" + name, name, name[0] + "l"],
                _ => ["r" + name, "e" + name, name, name + "l"],
            };
            foreach (string part in parts) names[part] = offset;
        }
    }
}
