using Emleak.Elf;
using Emleak.Reporting;

namespace Emleak.Output;

/// <summary>
/// Where files go that cannot be written where they belong: a folder for temporary files, else standard output. What hours of tracing have found
/// is not lost to a full disk.
/// </summary>
internal sealed class OtherPlace(string name, Reporter reporter) : IDisposable
{
    private HeldFolder? _parent;
    private HeldFolder? _folder;
    private string? _path;
    private bool _isUsable = true;

    /// <summary>Writes a file, and says where it is.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="write">Writes what is in it.</param>
    /// <param name="reason">Why it is not where it belongs.</param>
    /// <param name="isText">True for what may be printed.</param>
    public void Write(string file, Action<Stream> write, string reason, bool isText)
    {
        string complaint = $"cannot write {name}/{file}: {reason}";
        if (TryWriteFile(file, write)) reporter.Warn($"{complaint}; it is {_path}/{file} instead");
        else if (isText && TryPrint(file, write)) reporter.Warn($"{complaint}; it was written to standard output instead");
        else reporter.Warn($"{complaint}, and nowhere else");
    }

    public void Dispose()
    {
        _folder?.Dispose();

        // Where it was of no use it is empty.
        if (_path is not null) _parent?.RemoveFolder(Path.GetFileName(_path));
        _parent?.Dispose();
    }

    private bool TryWriteFile(string file, Action<Stream> write)
    {
        if (!_isUsable) return false;
        try
        {
            if (_folder is null) MakeFolder();
            OutputFolder.WriteWhole(_folder!, file, write);
            return true;
        }
        catch (Exception problem) when (SystemError.IsOfFile(problem))
        {
            reporter.Warn($"cannot write in {_path ?? Path.GetTempPath()} either: {SystemError.Describe(problem)}");
            return false;
        }
    }

    // Everybody may make folders there; nobody guesses this name.
    private void MakeFolder()
    {
        string temporary = Path.GetTempPath().TrimEnd('/');
        string own = $"{name}_{Guid.NewGuid():N}";
        _isUsable = false;
        _parent = HeldFolder.Open(temporary);
        _folder = _parent.Make(own);
        _isUsable = true;
        _path = $"{temporary}/{own}";
    }

    private bool TryPrint(string file, Action<Stream> write)
    {
        reporter.Report($"==> {file} <==");
        return reporter.TryWrite(write);
    }
}
