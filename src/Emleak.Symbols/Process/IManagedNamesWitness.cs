namespace Emleak.Symbols.Process;

/// <summary>Told of the runtimes that are asked for names, so that they can be asked to stop by somebody else if the caller cannot any more.</summary>
public interface IManagedNamesWitness
{
    /// <summary>A runtime is about to be asked.</summary>
    void Asked(ManagedRuntime runtime);

    /// <summary>It writes no names any more.</summary>
    void Settled(ManagedRuntime runtime);
}
