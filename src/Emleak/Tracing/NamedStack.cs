using Emleak.Symbols;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>A call path with names.</summary>
/// <param name="Frames">Innermost first.</param>
/// <param name="Ending">How the walk ended.</param>
internal sealed record NamedStack(IReadOnlyList<Frame> Frames, StackEnding Ending);
