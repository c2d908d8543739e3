namespace Emleak.Bench;

/// <summary>Nobody looks.</summary>
internal sealed class Nothing : IVariant
{
    public void Start()
    {
    }

    public void Stop()
    {
    }
}
