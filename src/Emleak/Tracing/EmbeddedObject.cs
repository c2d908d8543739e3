using Emleak.BpfLoader.Object;

namespace Emleak.Tracing;

/// <summary>The compiled BPF objects that travel inside the program.</summary>
internal static class EmbeddedObject
{
    public static BpfObject Open(string name)
    {
        using Stream stream = typeof(EmbeddedObject).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} was not built into the program");
        return BpfObject.Open(stream);
    }
}
