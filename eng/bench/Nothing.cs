namespace Emleak.Bench;

/// <summary>Nobody looks.</summary>
internal sealed class Nothing : IVariant, IDisposable
{
    public IDisposable Start(int pid) => this;

    public void Dispose()
    {
    }
}
