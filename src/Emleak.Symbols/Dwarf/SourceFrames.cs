using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// What debug information says about one address: the calls that were inlined there, the innermost first, and last the function
/// that has the code. One object serves many lookups.
/// </summary>
internal sealed class SourceFrames
{
    private readonly List<InlinedFrame> _frames = [];

    /// <summary>Number of frames; 0 when nothing is known.</summary>
    public int Count => _frames.Count;

    /// <summary>The function that has the code; its name is null when only file and line are known.</summary>
    public InlinedFrame Function => _frames[^1];

    /// <summary>First address of <see cref="Function"/>; 0 when not known.</summary>
    public ulong Start { get; set; }

    public InlinedFrame this[int index] => _frames[index];

    /// <summary>The calls that were inlined, the innermost first.</summary>
    public IReadOnlyList<InlinedFrame> Inlined => _frames.Count > 1 ? CollectionsMarshal.AsSpan(_frames)[..^1].ToArray() : [];

    public void Clear()
    {
        _frames.Clear();
        Start = 0;
    }

    public void Add(string? function, string? file, ulong line, ulong column) =>
        _frames.Add(new InlinedFrame(function, file, (int)Math.Min(line, int.MaxValue), (int)Math.Min(column, int.MaxValue)));
}
