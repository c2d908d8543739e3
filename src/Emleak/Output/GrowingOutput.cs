using Emleak.Elf;
using Emleak.Reporting;

namespace Emleak.Output;

/// <summary>A file that grows while the trace goes on: that it cannot be written is said once, and that it can be again.</summary>
/// <param name="path">The file.</param>
/// <param name="kept">What becomes of what it should hold: "its rows are kept".</param>
/// <param name="reporter">Where to say so.</param>
internal sealed class GrowingOutput(string path, string kept, Reporter reporter)
{
    private bool _hasProblem;

    /// <summary>Writes to it. What cannot be written now is written later, by whoever writes.</summary>
    public void TryWrite(Action write)
    {
        try
        {
            write();
            if (_hasProblem) reporter.Warn($"{Path.GetFileName(path)} is written again, with all that had to wait");
            _hasProblem = false;
        }
        catch (Exception problem) when (SystemError.IsOfFile(problem))
        {
            if (!_hasProblem) reporter.Warn($"cannot write {path}: {SystemError.Describe(problem)}; {kept} until that is possible again");
            _hasProblem = true;
        }
    }
}
