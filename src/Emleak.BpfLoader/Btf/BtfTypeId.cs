using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>The number of a type inside one BTF blob. 0 is <c>void</c>.</summary>
/// <param name="Value">The number.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfTypeId(uint Value)
{
    /// <summary><c>void</c>, and "no type" where the kernel allows that.</summary>
    public static BtfTypeId Void => default;

    /// <inheritdoc/>
    public override string ToString() => $"[{Value}]";
}
