using System.Globalization;
using System.Text;
using Emleak.Analysis;
using Emleak.Elf;
using Emleak.Reporting;
using Emleak.Tracing;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Output;

/// <summary>
/// The folder of one trace, <c>mleak_pidPID_timeSECONDS</c> in the current folder, and the files in it. A file is
/// either the row-by-row statistics of the trace so far, or whole: it is written under a temporary name and renamed. Root may trace in a
/// folder of somebody else, who can put another one in this one's place at any time: so all is done by descriptors.
/// </summary>
internal sealed class OutputFolder : IDisposable
{
    private const string StacksName = "mleakstacks.txt";
    private const string SummaryName = "mleaksummary.csv";
    private const string StatisticsName = "mleakstatics.csv";
    private const string FoldedName = "out.stacks";
    private const string SourcesName = "out.sources";

    /// <summary>What programs held that executed another one soon (<see cref="BriefPrograms"/>).</summary>
    public const string ExecutedName = "out.executed";

    private readonly HeldFolder _parent;
    private readonly HeldFolder _folder;
    private readonly Dictionary<string, FileIdentity?> _placeholders;
    private readonly RowFile _rows;
    private readonly Reporter _reporter;
    private bool _hasRowProblem;

    private OutputFolder(string name, HeldFolder parent, Draft draft, Reporter reporter)
    {
        Name = name;
        _parent = parent;
        _folder = draft.Folder;
        _rows = new RowFile(draft.Rows);
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

    /// <summary>Appends a row to the statistics, which grow while the trace goes on. What cannot be written now is written with a later row.</summary>
    public void AppendStatistics(HistoryRow row)
    {
        try
        {
            _rows.Append(row);
            if (_hasRowProblem) _reporter.Warn($"{StatisticsName} is written again, with the rows that had to wait");
            _hasRowProblem = false;
        }
        catch (Exception problem) when (SystemError.IsOfFile(problem))
        {
            if (!_hasRowProblem) _reporter.Warn($"cannot write {Name}/{StatisticsName}: {SystemError.Describe(problem)}; its rows are kept until that is possible again");
            _hasRowProblem = true;
        }
    }

    /// <summary>A file more, for what later programs held.</summary>
    public SafeFileHandle CreateExecuted() => _folder.CreateFile(ExecutedName);

    /// <summary>Writes every file as it is at the end; what cannot be written here is written elsewhere.</summary>
    /// <returns>False when a file is not in this folder, which has been reported.</returns>
    public bool WriteFinal(Snapshot snapshot, History history, IReadOnlyDictionary<int, NamedStack> paths, OutputNames names)
    {
        (string Name, Action<TextWriter> Write)[] files =
        [
            (StacksName, text => StackText.Write(text, snapshot, int.MaxValue, paths, names.Original)),
            (SummaryName, text => SummaryText.Write(text, snapshot)),
            (FoldedName, text => FoldedText.Write(text, snapshot, paths, names.Readable)),
            (SourcesName, text => SourceText.Write(text, snapshot, paths, names.Readable)),

            // By far the largest: the last to find a full disk.
            (StatisticsName, text => StatisticsText.Write(text, _rows, history, snapshot.Selection)),
        ];
        using OtherPlace elsewhere = new(Name, _reporter);
        bool isComplete = true;
        foreach ((string file, Action<TextWriter> write) in files)
        {
            try
            {
                Replace(file, write);
            }
            catch (Exception problem) when (SystemError.IsOfFile(problem))
            {
                isComplete = false;
                elsewhere.Write(file, write, SystemError.Describe(problem));
            }
        }

        if (_rows.Lost > 0) _reporter.Warn(string.Create(CultureInfo.InvariantCulture, $"{_rows.Lost} rows of {StatisticsName} are lost: they could not be written for too long"));
        if (isComplete) ReportMove();
        return isComplete && _rows.Lost == 0;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _folder.Dispose();
        _parent.Dispose();
    }

    /// <summary>Writes a file in a folder, whole or not at all.</summary>
    public static void WriteWhole(HeldFolder folder, string name, Action<TextWriter> write)
    {
        string draft = name + ".tmp";
        SafeFileHandle file = folder.CreateFile(draft);
        try
        {
            using (StreamWriter text = new(new FileStream(file, FileAccess.Write, bufferSize: 0), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16))
            {
                write(text);
            }

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

    private void Replace(string name, Action<TextWriter> write)
    {
        // Ours, or nothing: a link, a device or anybody else's file stays what it is.
        if (_folder.IdentityOf(name) is FileIdentity there && _placeholders.GetValueOrDefault(name) != there)
            throw new IOException("something else has this name");
        WriteWhole(_folder, name, write);
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
