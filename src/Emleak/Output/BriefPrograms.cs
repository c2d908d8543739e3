using System.Globalization;
using System.Text;

namespace Emleak.Output;

/// <summary>
/// Programs that one process executes one after the other, each for less than a second. The first few have folders of their own, like
/// all others; from then on they share a file in the last one's, or a loop of them would make folders without end. Safe for concurrent callers.
/// </summary>
internal sealed class BriefPrograms : IDisposable
{
    /// <summary>Who executes another program sooner than that is brief.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private const int MostFolders = 8;

    private readonly Lock _gate = new();
    private FileStream? _file;
    private string _place = "";
    private int _inARow;
    private int _shared;
    private int _empty;

    /// <summary>True when the next one is not to make a folder before it turns out not to be brief.</summary>
    public bool ShareFile
    {
        get { lock (_gate) return _inARow >= MostFolders && _file is not null; }
    }

    /// <summary>A line about those that share a file; null when there are none.</summary>
    public string? Summary
    {
        get
        {
            lock (_gate)
            {
                return _shared + _empty == 0 ? null : string.Create(CultureInfo.InvariantCulture,
                    $"{_shared + _empty} programs ran for less than a second each: {_empty} held nothing at their end, {_shared} are in {_place}");
            }
        }
    }

    /// <summary>Takes note of a program that has ended.</summary>
    /// <param name="isBrief">It has executed another one within the limit.</param>
    /// <param name="folder">Its folder, if it has one.</param>
    public void Note(bool isBrief, OutputFolder? folder)
    {
        lock (_gate)
        {
            _inARow = isBrief ? _inARow + 1 : 0;
            if (_inARow < MostFolders || folder is null || _file is not null) return;
            _place = $"{folder.Name}/{OutputFolder.ExecutedName}";
            _file = new FileStream(folder.CreateExecuted(), FileAccess.Write);
        }
    }

    /// <summary>Adds what a brief program held.</summary>
    public void Add(string heading, Action<Stream> writeFolded, bool isEmpty)
    {
        lock (_gate)
        {
            if (isEmpty) _empty++;
            else _shared++;
            if (isEmpty) return;
            _file!.Write(Encoding.UTF8.GetBytes($"# {heading}\n"));
            writeFolded(_file);
            _file.Flush();
        }
    }

    public void Dispose() => _file?.Dispose();
}
