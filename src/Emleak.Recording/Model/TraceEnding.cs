namespace Emleak.Recordings.Model;

/// <summary>How a trace ended. A recording without one was cut, or still grows.</summary>
/// <param name="Time">When.</param>
/// <param name="Reason"><c>signal</c>, <c>exited</c>, <c>killed</c>, <c>executed</c>, <c>duration</c>, or a word that this version does not know.</param>
/// <param name="Signal">The signal's number, where one has ended the trace or the target.</param>
/// <param name="ExitCode">The target's exit code, where it is known.</param>
public sealed record TraceEnding(DateTimeOffset Time, string Reason, int? Signal = null, int? ExitCode = null);
