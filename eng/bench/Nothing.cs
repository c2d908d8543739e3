namespace Emleak.Bench;

/// <summary>Nobody looks.</summary>
internal sealed class Nothing : IVariant, IDisposable
{
    public IDisposable Start() => this;

    public void Dispose()
    {
    }
}
