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
    private PerfMap? _map;

    /// <summary>The map; null as long as there is none.</summary>
    public PerfMap? Map => _map;

    /// <summary>Why a map that is there is not read, or what is wrong with it; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Looks for the map, and reads what is new in it. What was read stays when it or the process has gone.</summary>
    public void Refresh()
    {
        if (TargetIdentity.Read(pid) is not { } identity) return;
        string name = FileName(identity);
        foreach (string folder in TemporaryFolders.Of(pid))
        {
            SafeFileHandle? file = TargetFile.Open(pid, $"{folder}/{name}", identity.User, out FileStatus status, out string? refusal);
            Problem = refusal;
            if (file is null) continue;
            Take(file, status.Identity);
            break;
        }

        Read();
    }

    /// <summary>What the map of a process is called.</summary>
    public static string FileName(TargetIdentity identity) => string.Create(CultureInfo.InvariantCulture, $"perf-{identity.InnermostId}.map");

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
            Problem = SystemError.Describe(problem);
        }
    }
}
