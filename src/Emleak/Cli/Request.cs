namespace Emleak.Cli;

/// <summary>What a command line asks for.</summary>
internal abstract record Request;
