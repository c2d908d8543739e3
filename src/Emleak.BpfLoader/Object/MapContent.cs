namespace Emleak.BpfLoader.Object;

/// <summary>What a map is made from.</summary>
public enum MapContent
{
    /// <summary>Declared in the <c>.maps</c> section.</summary>
    Declared,

    /// <summary>The constants of a <c>.rodata*</c> section: editable before loading, frozen after.</summary>
    ReadOnlyData,

    /// <summary>The initialised variables of a <c>.data*</c> section.</summary>
    Data,

    /// <summary>The zero-initialised variables of a <c>.bss*</c> section.</summary>
    ZeroData,

    /// <summary>Values of the running kernel's configuration, which loading looks up (<c>__kconfig</c> externs).</summary>
    KernelConfiguration,
}
