using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Finds types of the running kernel and, when it has none of a name, of its modules.</summary>
internal sealed class KernelTypes : IDisposable
{
    private List<KernelModule>? _modules;

    private List<KernelModule> Modules => _modules ??= KernelModules.Open(KernelBtf.Default);

    /// <summary>The types of all modules.</summary>
    public IReadOnlyList<BtfTypes> OfModules => [.. Modules.Select(static module => module.Types)];

    /// <param name="name">The name.</param>
    /// <param name="kind">Types of one name may be of several kinds.</param>
    /// <param name="module">Only the module of this name; null: wherever it is.</param>
    public Found? Find(string name, BtfKind kind, string? module = null)
    {
        if (module is null or "vmlinux" && KernelBtf.Default.TryFind(name, kind, out BtfType type)) return new Found(KernelBtf.Default, type, null);
        foreach (KernelModule one in Modules)
        {
            if ((module is null || module == one.Name) && one.Types.TryFind(name, kind, out type) && type.Id.Value >= one.Types.First.Value)
                return new Found(one.Types, type, one);
        }

        return null;
    }

    public void Dispose() => _modules?.ForEach(static module => module.Handle.Dispose());

    /// <summary>A type of the kernel.</summary>
    /// <param name="Types">Where it is.</param>
    /// <param name="Type">The type.</param>
    /// <param name="Module">The module that it is of; null: the kernel itself.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Found(BtfTypes Types, BtfType Type, KernelModule? Module);
}
