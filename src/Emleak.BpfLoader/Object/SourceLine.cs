namespace Emleak.BpfLoader.Object;

/// <summary>The source line that an instruction was compiled from.</summary>
/// <param name="File">The file's name as the compiler was given it.</param>
/// <param name="Line">Line number, from 1.</param>
/// <param name="Column">Column, from 1; 0 when unknown.</param>
/// <param name="Text">The line itself.</param>
public sealed record SourceLine(string File, int Line, int Column, string Text);
