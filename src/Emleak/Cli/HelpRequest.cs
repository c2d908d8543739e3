namespace Emleak.Cli;

/// <summary>Help was asked for.</summary>
/// <param name="Text">The help.</param>
internal sealed record HelpRequest(string Text) : Request;
