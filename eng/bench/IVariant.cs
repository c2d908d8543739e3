namespace Emleak.Bench;

/// <summary>One way of looking at a running program.</summary>
internal interface IVariant
{
    /// <summary>Begins to look; disposing ends it.</summary>
    IDisposable Start();
}
