using System.Globalization;
using System.Text;
using Emleak.Analysis;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>
/// The folder of one trace, <c>mleak_pidPID_timeSECONDS</c> in the current folder, and the files in it. A file is
/// either the row-by-row statistics of the trace so far, or whole: it is written under a temporary name and renamed.
/// </summary>
internal sealed class OutputFolder
{
    private const string StacksName = "mleakstacks.txt";
    private const string SummaryName = "mleaksummary.csv";
    private const string StatisticsName = "mleakstatics.csv";
    private const string FoldedName = "out.stacks";
    private const string SourcesName = "out.sources";

    private readonly string _path;

    private OutputFolder(string name)
    {
        Name = name;
        _path = Path.GetFullPath(name);
    }

    /// <summary>The folder's name.</summary>
    public string Name { get; }

    /// <summary>The original's three files, as its closing line lists them.</summary>
    public string FileList => $"{Name}/{StacksName},{Name}/{SummaryName},{Name}/{StatisticsName}";

    /// <summary>Makes the folder and its three empty files. A folder that exists is left alone: the next second's name is taken.</summary>
    /// <exception cref="EmleakException">The current folder cannot be written.</exception>
    public static OutputFolder Create(int pid, DateTimeOffset now)
    {
        string parent = Directory.GetCurrentDirectory();
        string draft = Path.Combine(parent, $".mleak_{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(draft);
            foreach (string name in (string[])[StacksName, SummaryName, StatisticsName])
            {
                File.WriteAllBytes(Path.Combine(draft, name), []);
            }

            return Publish(draft, pid, now.ToUnixTimeSeconds());
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            if (Directory.Exists(draft)) Directory.Delete(draft, recursive: true);
            throw NotWritable(parent, problem);
        }
    }

    /// <summary>Appends a row to the statistics, which grow while the trace goes on.</summary>
    public void AppendStatistics(HistoryRow row)
    {
        StringBuilder text = new();
        StatisticsText.AppendRow(text, row);
        Try(() => File.AppendAllText(Path.Combine(_path, StatisticsName), text.ToString()));
    }

    /// <summary>Writes every file as it is at the end.</summary>
    public void WriteFinal(Snapshot snapshot, History history, StackTable stacks, OutputNames names) => Try(() =>
    {
        Replace(StacksName, StackText.Of(snapshot, stacks, names.Original));
        Replace(SummaryName, SummaryText.Of(snapshot));
        Replace(StatisticsName, StatisticsText.Of(history, snapshot.Selection));
        Replace(FoldedName, FoldedText.Of(snapshot, stacks, names.Readable));
        Replace(SourcesName, SourceText.Of(snapshot, stacks, names.Readable));
    });

    // A rename of a folder with files in it never replaces another folder with files in it (rename(2), ENOTEMPTY).
    private static OutputFolder Publish(string draft, int pid, long second)
    {
        while (true)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"mleak_pid{pid}_time{second}");
            try
            {
                Directory.Move(draft, name);
                return new OutputFolder(name);
            }
            catch (IOException) when (Path.Exists(name))
            {
                second++;
            }
        }
    }

    private void Replace(string name, string content)
    {
        string path = Path.Combine(_path, name);
        string draft = path + ".tmp";
        try
        {
            File.WriteAllText(draft, content);
            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(_path, problem);
        }
    }

    private static EmleakException NotWritable(string path, Exception problem) =>
        new(ExitCode.OutputNotWritable, $"cannot write in {path}: {problem.Message}", problem);
}
