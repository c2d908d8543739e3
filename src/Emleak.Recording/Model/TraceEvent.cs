namespace Emleak.Recordings.Model;

/// <summary>Something that happened to the process or to its probes.</summary>
public sealed record TraceEvent
{
    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What: one of <see cref="TraceEventKinds"/>, or a word that this version does not know.</summary>
    public required string Kind { get; init; }

    /// <summary>The library, the program, or whatever else it is about.</summary>
    public string? Subject { get; init; }

    /// <summary>Numbers by name; their meaning depends on <see cref="Kind"/>.</summary>
    public IReadOnlyDictionary<string, long>? Numbers { get; init; }
}

/// <summary>The words for what happens.</summary>
public static class TraceEventKinds
{
    /// <summary>The process has children: <c>children</c> is how many since the snapshot before.</summary>
    public const string Forked = "fork";

    /// <summary>The process executed another program, the subject.</summary>
    public const string Executed = "exec";

    /// <summary>It loaded a library, the subject.</summary>
    public const string LibraryLoaded = "library";

    /// <summary>Probes came or went: <c>probes</c> is how many there are now.</summary>
    public const string ProbesChanged = "probes";

    /// <summary>Our own cost so far: <c>hits</c>, <c>nanoseconds</c>, <c>millionths</c> of one processor.</summary>
    public const string Cost = "cost";

    /// <summary>A signal has ended the process: <c>signal</c>.</summary>
    public const string Killed = "killed";
}
