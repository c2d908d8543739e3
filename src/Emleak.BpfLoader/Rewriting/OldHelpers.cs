using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>
/// Reading memory on kernels that do not tell the process's from their own by the helper (before 5.5): there is one for both, with
/// the same arguments.
/// </summary>
internal static class OldHelpers
{
    public static void Apply(Span<BpfInstruction> code)
    {
        for (int i = 0; i < code.Length; i += Flow.SlotsOf(code[i]))
        {
            ref BpfInstruction one = ref code[i];
            if (!BpfOpcode.IsHelperCall(one)) continue;
            one.Immediate = (int)((BpfFunctionId)one.Immediate switch
            {
                BpfFunctionId.ProbeReadUser or BpfFunctionId.ProbeReadKernel => BpfFunctionId.ProbeRead,
                BpfFunctionId.ProbeReadUserStr or BpfFunctionId.ProbeReadKernelStr => BpfFunctionId.ProbeReadStr,
                BpfFunctionId other => other,
            });
        }
    }
}
