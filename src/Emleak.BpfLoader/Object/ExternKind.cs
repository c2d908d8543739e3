namespace Emleak.BpfLoader.Object;

/// <summary>What an extern stands for.</summary>
public enum ExternKind
{
    /// <summary>A value of the kernel's build configuration, or of the loader's own (<c>__kconfig</c>): a variable of the map <c>.kconfig</c>.</summary>
    Configuration,

    /// <summary>The address of a kernel symbol (<c>__ksym</c> of type <c>void</c>), a number to programs.</summary>
    Address,

    /// <summary>A variable of the kernel that has a type (<c>__ksym</c>); programs may read it. Since kernel 5.10.</summary>
    Variable,

    /// <summary>A function of the kernel that programs may call (<c>__ksym</c>). Since kernel 5.13.</summary>
    Function,
}
