using System.Globalization;
using Emleak.BpfLoader;
using Emleak.Elf;
using Emleak.Recordings.Reports;

namespace Emleak.Reporting;

/// <summary>
/// All that emleak says on standard output and standard error. Whatever text it is given becomes one clean line, and no call waits for
/// a reader. Safe for concurrent callers.
/// </summary>
internal sealed class Reporter
{
    private const string StartOfLine = "\r\e[K";

    // One that is being written, and one that waits: who reads slowly gets the newest.
    private const int MostReports = 2;

    private static readonly TimeSpan ForEver = TimeSpan.MaxValue;
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(100);

    private readonly OutputQueue _errors = new(descriptor: 2);
    private OutputQueue _output = new(descriptor: 1);
    private TimeSpan _patience = ForEver;
    private int _reports;
    private int _skippedReports;

    /// <summary>True when a person looks at standard output.</summary>
    public bool IsOutputTerminal => _output.Stream.IsTerminal;

    /// <summary>True when a person looks at standard error.</summary>
    public bool IsErrorTerminal => _errors.Stream.IsTerminal;

    /// <summary>Lets what is for standard output go to standard error: standard output is another program's.</summary>
    public void LeaveOutputToProgram() => _output = _errors;

    /// <summary>A line on standard error, for people: "emleak: ...".</summary>
    public void Warn(string message) => Add(_errors, _output, $"emleak: {CleanText.Of(message)}\n");

    /// <summary>What went wrong. Only the kernel's verifier has more to say than a line: its lines are indented, and none of them passes for one of ours.</summary>
    public void Warn(Exception problem)
    {
        string[] lines = [.. LinesOf(problem)];
        Add(_errors, _output, $"emleak: {string.Join("\n    ", lines)}\n");
    }

    /// <summary>The lines of an exception's message, clean.</summary>
    public static IEnumerable<string> LinesOf(Exception problem) =>
        (problem is VerifierException || problem.InnerException is VerifierException ? problem.Message.TrimEnd().Split('\n') : [problem.Message]).Select(CleanText.Of);

    /// <summary>A line on standard output.</summary>
    public void Report(string line) => Add(_output, _errors, CleanText.Of(line) + "\n");

    /// <summary>Text of our own with lines of its own, on standard output.</summary>
    public void Write(string text) => Add(_output, _errors, text);

    /// <summary>Text of our own with lines of its own, on standard error.</summary>
    public void WriteError(string text) => Add(_errors, _output, text);

    /// <summary>A report that is made again and again, on standard output: one that nobody has read yet is enough.</summary>
    /// <param name="report">Writes it, cleaned, on another thread.</param>
    public void Offer(Action<TextWriter> report)
    {
        if (_output.Stream.Error != 0) return;
        if (Interlocked.Increment(ref _reports) <= MostReports && _output.TryAdd(WriteReport)) return;
        Interlocked.Decrement(ref _reports);
        _skippedReports++;

        void WriteReport(TextWriter writer)
        {
            report(writer);
            Interlocked.Decrement(ref _reports);
        }
    }

    /// <summary>Writes to standard output and waits until it is written. False when that failed or was given up.</summary>
    public bool TryWrite(Action<Stream> write)
    {
        return _output.TryAdd(WriteAfter) && _output.WaitUntilWritten(() => _patience) && _output.Stream.Error == 0;

        void WriteAfter(StreamWriter text)
        {
            text.Flush();
            write(text.BaseStream);
        }
    }

    /// <summary>One line on the terminal that is replaced by the next; null takes it away.</summary>
    public void Progress(string? line)
    {
        if (IsErrorTerminal) Add(_errors, _output, StartOfLine + CleanText.Of(line ?? ""));
    }

    /// <summary>From now on, readers that do not read are waited for a moment only.</summary>
    public void Hurry() => _patience = TimeSpan.FromTicks(Math.Min(_patience.Ticks, Moment.Ticks));

    /// <summary>From now on they are not waited for.</summary>
    public void StopWaiting() => _patience = Instant;

    /// <summary>Waits until all is written, and says what was not.</summary>
    /// <returns>False when standard output could not be written, though there is somebody to read it.</returns>
    public bool Finish()
    {
        _output.WaitUntilWritten(() => _patience);
        int skipped = _skippedReports + _output.Dropped;
        if (skipped > 0) Warn(string.Create(CultureInfo.InvariantCulture, $"{skipped} reports were not written to standard output: nobody has read those before them"));
        bool hasFailed = _output.Stream.Error != 0 && !_output.Stream.HasNoReader;
        if (hasFailed) Warn($"standard output cannot be written: {SystemError.Describe(_output.Stream.Error)}");
        if (_output.Problem is Exception problem) Warn($"standard output is not complete: {SystemError.Describe(problem)}");
        _errors.WaitUntilWritten(() => _patience);
        return !hasFailed;
    }

    // Both may be the same terminal or file: what is said first is to be there first.
    private static void Add(OutputQueue queue, OutputQueue other, string text)
    {
        if (other != queue) other.Settle();
        queue.TryAdd(writer => writer.Write(text));
    }
}
