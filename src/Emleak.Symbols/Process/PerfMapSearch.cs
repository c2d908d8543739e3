using System.Globalization;
using Emleak.Elf;
using Emleak.Symbols.Tables;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>
/// The perf map of a process: in the folder for temporary files that the process sees, under the id that the process knows of itself. It may
/// appear at any time, and grow. Not safe for concurrent use.
/// </summary>
internal sealed class PerfMapSearch(int pid) : IDisposable
{
    private const string TemporaryFolder = "/tmp";
    private const string FolderVariable = "TMPDIR=";

    private PerfMap? _map;

    /// <summary>The map; null as long as there is none.</summary>
    public PerfMap? Map => _map;

    /// <summary>Why a map that is there is not read, or what is wrong with it; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Looks for the map, and reads what is new in it. What was read stays when it or the process has gone.</summary>
    public void Refresh()
    {
        if (TargetIdentity.Read(pid) is not { } identity) return;
        string name = string.Create(CultureInfo.InvariantCulture, $"perf-{identity.InnermostId}.map");
        foreach (string folder in Folders())
        {
            SafeFileHandle? file = TargetFile.Open(pid, $"{folder}/{name}", identity.User, out FileStatus status, out string? refusal);
            Problem = refusal;
            if (file is null) continue;
            Take(file, status.Identity);
            break;
        }

        Read();
    }

    public void Dispose() => _map?.Dispose();

    private void Take(SafeFileHandle file, FileIdentity identity)
    {
        if (_map?.Identity == identity)
        {
            file.Dispose();
            return;
        }

        _map?.Dispose();
        _map = new PerfMap(file, identity);
    }

    private void Read()
    {
        try
        {
            _map?.Refresh();
            Problem ??= _map?.Problem;
        }
        catch (IOException problem)
        {
            Problem = problem.Message;
        }
    }

    /// <summary>.NET takes TMPDIR, others always /tmp.</summary>
    private IEnumerable<string> Folders()
    {
        string? own = ReadTemporaryFolder();
        return own is null ? [TemporaryFolder] : [own, TemporaryFolder];
    }

    private string? ReadTemporaryFolder()
    {
        try
        {
            string? variable = File.ReadAllText($"/proc/{pid}/environ").Split('\0').FirstOrDefault(word => word.StartsWith(FolderVariable, StringComparison.Ordinal));
            string? folder = variable?[FolderVariable.Length..].TrimEnd('/');
            return folder is ['/', ..] && folder != TemporaryFolder ? folder : null;
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }
}
