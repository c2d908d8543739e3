namespace Emleak.Symbols;

/// <summary>A function whose code was put into its caller's: it has no frame in memory, but one in the source.</summary>
/// <param name="Function">Its name for the linker (mangled), or else in the source; null when the file tells none.</param>
/// <param name="File">Path of the source file that it is executing; null when not known.</param>
/// <param name="Line">Line in that file, from 1; 0 when not known.</param>
/// <param name="Column">Column in that line, from 1; 0 when not known.</param>
public sealed record InlinedFrame(string? Function, string? File, int Line, int Column);
