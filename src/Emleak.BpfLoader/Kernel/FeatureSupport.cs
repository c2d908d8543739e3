namespace Emleak.BpfLoader.Kernel;

/// <summary>What a feature probe found out.</summary>
public enum FeatureSupport
{
    /// <summary>The probe got no answer, for lack of permission or memory for example; ask again later.</summary>
    Unknown,

    /// <summary>The kernel has it.</summary>
    Yes,

    /// <summary>The kernel does not have it.</summary>
    No,
}
