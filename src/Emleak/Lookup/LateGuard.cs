using Emleak.Symbols.Process;
using Emleak.Target;

namespace Emleak.Lookup;

/// <summary>A guard that is started when a runtime is asked for names: few processes have one.</summary>
internal sealed class LateGuard : IManagedNamesWitness, IDisposable
{
    private Guard? _guard;

    /// <inheritdoc/>
    public void Asked(ManagedRuntime runtime) => (_guard ??= Guard.Start()).Asked(runtime);

    /// <inheritdoc/>
    public void Settled(ManagedRuntime runtime) => _guard?.Settled(runtime);

    public void Dispose() => _guard?.Dispose();
}
