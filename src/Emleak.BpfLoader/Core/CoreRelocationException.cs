namespace Emleak.BpfLoader.Core;

/// <summary>
/// A CO-RE relocation that cannot be carried out against the types at hand: types of one name that disagree, or a value
/// that its instruction cannot hold. A field or type that is merely missing is no such case: see <see cref="CoreRelocator"/>.
/// </summary>
public sealed class CoreRelocationException : Exception
{
    /// <summary>Reports a relocation that cannot be carried out.</summary>
    public CoreRelocationException(string message)
        : base(message)
    {
    }
}
