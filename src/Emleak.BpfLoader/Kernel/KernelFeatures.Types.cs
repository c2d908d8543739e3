using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Kernel;

/// <summary>What there is one question for each member of an enumeration about.</summary>
public static partial class KernelFeatures
{
    private static readonly ProbeAnswers<BpfProgramType> ProgramTypes = new(ProgramProbe.Type);
    private static readonly ProbeAnswers<BpfMapType> MapTypes = new(MapTypeProbe.Of);

    private static readonly ProbeAnswers<(BpfProgramType Type, BpfFunctionId Helper)> Helpers =
        new(static question => ProgramProbe.Helper(question.Type, question.Helper));

    /// <summary>
    /// Whether the kernel has programs of a type, asked by loading one of two instructions. Yes and no are remembered for the
    /// life of the process; "could not tell", the answer to callers who may not load such programs, is not.
    /// </summary>
    /// <param name="type">A type, also one that this library has no name for.</param>
    public static FeatureSupport ProgramType(BpfProgramType type) => ProgramTypes.Ask(type);

    /// <summary>
    /// Whether the kernel has maps of a type, asked by making the least one. Remembered as by <see cref="ProgramType"/>.
    /// </summary>
    /// <param name="type">A type, also one that this library has no name for, as long as it is made like a hash map.</param>
    public static FeatureSupport MapType(BpfMapType type) => MapTypes.Ask(type);

    /// <summary>
    /// Whether programs of a type may call a helper, asked by loading one that does. Remembered as by <see cref="ProgramType"/>.
    /// </summary>
    /// <remarks>
    /// Programs of <see cref="BpfProgramType.Tracing"/> are asked for as those at a function's entry, those of
    /// <see cref="BpfProgramType.Lsm"/> as those at <c>file_open</c>. For <see cref="BpfProgramType.StructOps"/> and
    /// <see cref="BpfProgramType.Ext"/> the answer depends on what they implement or replace: "could not tell".
    /// </remarks>
    /// <param name="type">A type of programs. Where the kernel does not have it, the answer is no.</param>
    /// <param name="helper">A helper, also one that this library has no name for.</param>
    public static FeatureSupport Helper(BpfProgramType type, BpfFunctionId helper) => Helpers.Ask((type, helper));
}
