using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>The socket of a process's .NET runtime for diagnostics, and the perf map beside it: since .NET 8 the runtime writes one when asked.</summary>
internal sealed class RuntimePort : IDisposable
{
    // It writes down what it has compiled so far: some 100 ms for large programs. One that is stopped never answers.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // At the end of a trace nobody waits for longer. A runtime that does not answer stops all the same when it comes to it.
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromMilliseconds(500);

    private readonly int _pid;
    private readonly SafeFileHandle _socket;
    private readonly SafeFileHandle _folder;
    private readonly string _mapName;
    private readonly uint _owner;
    private readonly CancellationTokenSource _end = new();
    private bool _isAsked = true;

    private RuntimePort(int pid, SafeFileHandle socket, SafeFileHandle folder, string mapName, uint owner, bool hasMap)
    {
        _pid = pid;
        _socket = socket;
        _folder = folder;
        _mapName = mapName;
        _owner = owner;
        HasMap = hasMap;
    }

    /// <summary>True when there was a perf map already, or something in its place.</summary>
    public bool HasMap { get; }

    /// <summary>Null when the process has no .NET runtime that listens.</summary>
    public static RuntimePort? Find(int pid, TargetIdentity identity)
    {
        string mapName = PerfMapSearch.FileName(identity);
        foreach (string folder in TemporaryFolders.Of(pid))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{folder}/dotnet-diagnostic-{identity.InnermostId}-{identity.StartTime}-socket");
            if (TargetFile.LocateSocket(pid, path, identity.User) is not { } socket) continue;
            using SafeFileHandle? map = TargetFile.Open(pid, $"{folder}/{mapName}", identity.User, out _, out string? refusal);
            bool hasMap = map is not null || refusal is not null;
            if (TargetFile.LocateFolder(pid, folder) is { } held) return new RuntimePort(pid, socket, held, mapName, identity.User, hasMap);
            socket.Dispose();
        }

        return null;
    }

    /// <summary>Has the runtime begin a map; gives true once the names of what was compiled before are in it.</summary>
    public Task<bool> StartNaming() => Task.Run(() => RuntimeCommand.Enable(_socket, _pid, Patience, _end.Token, out _isAsked));

    /// <summary>Has the runtime end the map, and removes it. Takes a second at most.</summary>
    /// <param name="started">What <see cref="StartNaming"/> gave; null when somebody else has had it begin.</param>
    public void StopNaming(Task<bool>? started = null)
    {
        _end.CancelAfter(PatienceAtEnd);
        started?.Wait();
        if (!_isAsked) return;
        RuntimeCommand.Disable(_socket, _pid, PatienceAtEnd);
        TargetFile.Remove(_folder, _mapName, _owner);
    }

    public void Dispose()
    {
        _end.Dispose();
        _socket.Dispose();
        _folder.Dispose();
    }
}
