namespace Emleak.BpfLoader.Core;

/// <summary>
/// A CO-RE relocation that cannot be carried out against the types at hand: types of one name that disagree, or a value
/// that its instruction cannot hold. A field or type that is merely missing is no such case: see <see cref="CoreRelocator"/>.
/// </summary>
public sealed class CoreRelocationException : BpfException
{
    /// <summary>Reports a relocation that cannot be carried out.</summary>
    public CoreRelocationException(string message)
        : base(message)
    {
    }

    /// <summary>Says which program it is of.</summary>
    public CoreRelocationException(string programName, CoreRelocationException cause)
        : base($"program '{programName}' cannot be adapted to the kernel's types: {cause.Message}", cause) => ProgramName = programName;

    /// <summary>The program that cannot be loaded; null when a relocation was carried out alone.</summary>
    public string? ProgramName { get; }
}
