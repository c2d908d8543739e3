namespace Emleak.Bench;

/// <summary>One way of looking at a running program.</summary>
internal interface IVariant
{
    void Start();

    void Stop();
}
