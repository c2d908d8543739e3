namespace Emleak.Fuzzing;

/// <summary>A reader that must end every input with a result or with an error of its own, never with another one.</summary>
/// <param name="Name">The folder of its seeds.</param>
/// <param name="Run">Reads an input; throws only what the reader must not throw.</param>
public sealed record FuzzTarget(string Name, Action<ReadOnlyMemory<byte>> Run);
