using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Programs;

/// <summary>Fills in what programs of one object use of the kernel: addresses, variables and functions.</summary>
internal sealed class ExternPatch(BpfObject owner, KernelTypes types)
{
    private readonly Lazy<Dictionary<string, ulong>> _addresses = new(() => KernelSymbols.Find(
        owner.Externs.Values.Where(static one => one.Kind == ExternKind.Address).Select(static one => one.Name).ToHashSet(StringComparer.Ordinal)));

    /// <summary>Completes a program's instructions. Modules whose functions it calls are added to <paramref name="modules"/>.</summary>
    /// <exception cref="BpfException">The kernel lacks something that the program insists on, or has something else under its name.</exception>
    public void Apply(ProgramSpec program, BpfInstruction[] instructions, List<KernelModule> modules)
    {
        foreach (ExternReference reference in program.ExternReferences)
        {
            ExternSpec wanted = owner.Externs[reference.Name];
            Span<BpfInstruction> at = instructions.AsSpan(reference.Instruction);
            if (wanted.Kind == ExternKind.Address)
            {
                ulong address = AddressOf(program, wanted);
                at[0].Immediate = unchecked((int)address);
                at[1].Immediate = unchecked((int)(address >> 32));
                continue;
            }

            KernelTypes.Found? found = Find(program, wanted);
            if (at[0].Code == BpfOpcode.Call) PatchCall(ref at[0], found, modules);
            else PatchLoad(at, found);
        }
    }

    /// <summary>A function that is not there keeps number 0: the verifier refuses a program only if it can reach the call.</summary>
    private static void PatchCall(ref BpfInstruction call, KernelTypes.Found? found, List<KernelModule> modules)
    {
        call.Immediate = (int)(found?.Type.Id.Value ?? 0);
        if (found?.Module is not { } module) return;
        int known = modules.IndexOf(module);
        if (known < 0)
        {
            known = modules.Count;
            modules.Add(module);
        }

        // The kernel itself is number 0.
        call.Offset = (short)(known + 1);
    }

    private static void PatchLoad(Span<BpfInstruction> load, KernelTypes.Found? found)
    {
        // Nothing found: the load gives 0, by which programs see that.
        if (found is not { } there) return;
        load[0].Source = BpfOpcode.SourceKernelType;
        load[0].Immediate = (int)there.Type.Id.Value;
        load[1].Immediate = there.Module?.Handle.Descriptor ?? 0;
    }

    private ulong AddressOf(ProgramSpec program, ExternSpec wanted)
    {
        if (_addresses.Value.TryGetValue(wanted.Name, out ulong address)) return address;
        return wanted.IsWeak ? 0UL : throw new BpfException(
            $"program '{program.Name}' needs the address of '{wanted.Name}', which this kernel does not have or does not tell (kernel.kptr_restrict)");
    }

    // A function may be declared as several kernels have it: name___this, name___that.
    private static string WithoutFlavour(string name) => Encoding.UTF8.GetString(BtfNames.WithoutFlavour(Encoding.UTF8.GetBytes(name)));

    private KernelTypes.Found? Find(ProgramSpec program, ExternSpec wanted)
    {
        bool isFunction = wanted.Kind == ExternKind.Function;
        // A kernel that does not describe itself has nothing that programs could do without.
        if (wanted.IsWeak && KernelFeatures.VmlinuxBtf.Probe() == FeatureSupport.No) return null;
        KernelTypes.Found? found = isFunction ? types.Find(WithoutFlavour(wanted.Name), BtfKind.Function) : types.Find(wanted.Name, BtfKind.Variable);
        bool fits = found is { } there && new CoreTypeComparer(owner.Btf!, new CoreBudget()).AreCompatible(wanted.Type, there.Types, there.Type.Target);
        if (fits) return found;
        if (wanted.IsWeak && (isFunction || found is null)) return null;
        string what = isFunction ? "function" : "variable";
        throw new BpfException($"program '{program.Name}' needs {what} '{wanted.Name}', which this kernel "
            + (found is null ? "does not have" : $"declares in another way than the object (type {found.Value.Type.Id})"));
    }
}
