namespace Emleak;

/// <summary>Something that ends emleak with one line on standard error: what is wrong, and what to do about it.</summary>
internal sealed class EmleakException : Exception
{
    public EmleakException(ExitCode exitCode, string message, Exception? cause = null)
        : base(message, cause) => ExitCode = exitCode;

    public ExitCode ExitCode { get; }

    /// <summary>True when it is one process that cannot be traced: another one may.</summary>
    public bool IsOfOneProcess { get; init; }

    /// <summary>What to show after the line: how the command is used. Null for nothing.</summary>
    public string? Usage { get; init; }
}
