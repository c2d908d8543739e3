using System.Globalization;
using System.Text;
using Emleak.Elf;
using Emleak.Recorder;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;
using Emleak.Recordings.Reports.Text;
using Emleak.Reporting;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Output;

/// <summary>
/// The folder of one trace, <c>mleak_pidPID_timeSECONDS</c> in the current folder, and the files in it. A file is
/// either one that grows while the trace goes on (the statistics, the recording), or whole: it is written under a temporary name and renamed. Root may trace in a
/// folder of somebody else, who can put another one in this one's place at any time: so all is done by descriptors.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private const string StacksName = "mleakstacks.txt";
    private const string SummaryName = "mleaksummary.csv";
    private const string StatisticsName = "mleakstatics.csv";

    /// <summary>What a file's name ends with before it is whole.</summary>
    public const string DraftEnding = ".tmp";

    /// <summary>What programs held that executed another one soon (<see cref="BriefPrograms"/>).</summary>
    public const string ExecutedName = "out.executed";

    private readonly HeldFolder _parent;
    private readonly HeldFolder _folder;
    private readonly Dictionary<string, FileIdentity?> _placeholders;
    private readonly StatisticsColumns _columns = new();
    private readonly RowFile _rows;
    private readonly RecordingFile _recording;
    private readonly GrowingOutput _rowOutput;
    private readonly Reporter _reporter;

    private OutputFolder(string name, HeldFolder parent, Draft draft, Reporter reporter)
    {
        Name = name;
        _parent = parent;
        _folder = draft.Folder;
        _rows = new RowFile(draft.Rows);
        _recording = new RecordingFile(
            new RecordingPlace(_folder, RecordingWriter.FileName), new GrowingOutput($"{name}/{RecordingWriter.FileName}", "what belongs there is kept", reporter));
        _rowOutput = new GrowingOutput($"{name}/{StatisticsName}", "its rows are kept", reporter);
        _reporter = reporter;
        _placeholders = ((string[])[StacksName, SummaryName, StatisticsName]).ToDictionary(file => file, file => _folder.IdentityOf(file), StringComparer.Ordinal);
    }

    /// <summary>The folder's name.</summary>
    public string Name { get; }

    /// <summary>The original's three files, as its closing line lists them.</summary>
    public string FileList => $"{Name}/{StacksName},{Name}/{SummaryName},{Name}/{StatisticsName}";

    /// <summary>Makes the folder and its three empty files. A folder that exists is left alone: the next second's name is taken.</summary>
    /// <exception cref="EmleakException">The current folder cannot be written.</exception>
    public static OutputFolder Create(int pid, DateTimeOffset now, Reporter reporter)
    {
        HeldFolder? parent = null;
        try
        {
            parent = HeldFolder.Open(".");
            Draft draft = MakeDraft(parent);
            return new OutputFolder(Publish(parent, draft, pid, now.ToUnixTimeSeconds()), parent, draft, reporter);
        }
        catch (Exception problem) when (SystemError.IsOfFile(problem))
        {
            parent?.Dispose();
            throw new EmleakException(ExitCode.OutputNotWritable, $"cannot write in the current folder, where the results go: {SystemError.Describe(problem)}", problem);
        }
    }

    /// <summary>Makes the recording.</summary>
    public void BeginRecording(Moment first) => _recording.Begin(first);

    /// <summary>Has everything written to the recording that is known so far, by another thread.</summary>
    public void Record(Moment moment) => _recording.Record(moment);

    /// <summary>Appends a row to the statistics. There are none while nothing has ever been live.</summary>
    public void AppendRow(Moment moment)
    {
        long[] bytes = _columns.RowOf(moment.Live);
        if (bytes.Length > 0) _rowOutput.TryWrite(() => _rows.Append(moment.Time, bytes));
    }

    /// <summary>A file more, for what later programs held.</summary>
    public SafeFileHandle CreateExecuted() => _folder.CreateFile(ExecutedName);

    /// <summary>Writes every file as it is at the end; what cannot be written here is written elsewhere.</summary>
    /// <returns>False when a file is not in this folder, which has been reported.</returns>
    public bool WriteFinal(Recording recording)
    {
        using OtherPlace elsewhere = new(Name, _reporter);
        bool isComplete = true;
        foreach (IReportWriter report in ReportWriters.Texts.Where(report => report.FileName != StatisticsName))
            isComplete &= WriteReport(report.FileName, output => report.Write(recording, output));
        isComplete &= TryWrite(RecordingWriter.FileName, () => _recording.Finish(recording), output => RecordingWriter.Write(recording, output), isText: false);

        // By far the largest: the last to find a full disk.
        isComplete &= WriteReport(StatisticsName, output => WriteStatistics(output, recording));
        bool isWhole = !recording.IsThinned || _rows.Lost == 0;
        if (!isWhole) _reporter.Warn(string.Create(CultureInfo.InvariantCulture, $"{_rows.Lost} rows of {StatisticsName} are lost: they could not be written for too long"));
        if (isComplete) ReportMove();
        return isComplete && isWhole;

        bool WriteReport(string file, Action<Stream> write) => TryWrite(file, () => Replace(file, write), write, isText: true);

        bool TryWrite(string file, Action writeHere, Action<Stream> write, bool isText)
        {
            try
            {
                writeHere();
                return true;
            }
            catch (Exception problem) when (SystemError.IsOfFile(problem))
            {
                elsewhere.Write(file, write, SystemError.Describe(problem), isText);
                return false;
            }
        }
    }

    public void Dispose()
    {
        _recording.Dispose();
        _rows.Dispose();
        _folder.Dispose();
        _parent.Dispose();
    }

    /// <summary>Writes a file in a folder, whole or not at all.</summary>
    public static void WriteWhole(HeldFolder folder, string name, Action<Stream> write)
    {
        string draft = name + DraftEnding;
        SafeFileHandle file = folder.CreateFile(draft);
        try
        {
            using (FileStream output = new(file, FileAccess.Write, bufferSize: 0)) write(output);
            folder.Rename(draft, name);
        }
        catch
        {
            folder.RemoveFile(draft);
            throw;
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>A link, a device or anybody else's file is where a file of ours belongs.</summary>
    public static IOException NameIsTaken() => new("something else has this name");

    private void Replace(string name, Action<Stream> write)
    {
        // Ours, or nothing: what else is there stays what it is.
        if (_folder.IdentityOf(name) is FileIdentity there && _placeholders.GetValueOrDefault(name) != there) throw NameIsTaken();
        WriteWhole(_folder, name, write);
    }

    private void WriteStatistics(Stream output, Recording recording)
    {
        if (!recording.IsThinned)
        {
            new StatisticsReport().Write(recording, output);
            return;
        }

        // The recording of so long a trace has not all of the rows any more.
        using StreamWriter text = new(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);
        _rows.CopyTo(text, _columns.Stacks.Count);
        StatisticsReport.WriteHeader(text, _columns, recording.Header.Filter);
    }

    // Whoever owns the current folder may have renamed ours, files and all.
    private void ReportMove()
    {
        if (_parent.IdentityOf(Name) == _folder.Identity) return;
        _reporter.Warn($"the folder {Name} was renamed or removed while the trace went on: its files are in {_folder.Path}");
    }

    private static Draft MakeDraft(HeldFolder parent)
    {
        string name = $".mleak_{Guid.NewGuid():N}";
        HeldFolder folder = parent.Make(name);
        try
        {
            folder.CreateFile(StacksName).Dispose();
            folder.CreateFile(SummaryName).Dispose();
            return new Draft(name, folder, folder.CreateFile(StatisticsName));
        }
        catch
        {
            Remove(parent, name, folder);
            throw;
        }
    }

    // A rename of a folder with files in it never replaces another folder with files in it (rename(2), ENOTEMPTY).
    private static string Publish(HeldFolder parent, Draft draft, int pid, long second)
    {
        while (true)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"mleak_pid{pid}_time{second}");
            try
            {
                parent.Rename(draft.Name, name);
                return name;
            }
            catch (IOException) when (parent.IdentityOf(name) is not null)
            {
                second++;
            }
            catch
            {
                draft.Rows.Dispose();
                Remove(parent, draft.Name, draft.Folder);
                throw;
            }
        }
    }

    private static void Remove(HeldFolder parent, string name, HeldFolder folder)
    {
        foreach (string file in (string[])[StacksName, SummaryName, StatisticsName]) folder.RemoveFile(file);
        folder.Dispose();
        parent.RemoveFolder(name);
    }

    /// <summary>A folder that has its three files and not its name yet.</summary>
    private sealed record Draft(string Name, HeldFolder Folder, SafeFileHandle Rows);
}
