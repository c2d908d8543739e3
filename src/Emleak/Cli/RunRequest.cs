namespace Emleak.Cli;

/// <summary>A program to be started and traced.</summary>
/// <param name="Program">The program as typed: a path, or a name to be found in PATH.</param>
/// <param name="Arguments">What it is given.</param>
/// <param name="AsRoot">True to start it as emleak's own user instead of the one who called sudo.</param>
/// <param name="FollowDaemon">True to trace a process that the program leaves behind.</param>
/// <param name="Options">How to trace it.</param>
internal sealed record RunRequest(string Program, IReadOnlyList<string> Arguments, bool AsRoot, bool FollowDaemon, TracingOptions Options) : Request;
