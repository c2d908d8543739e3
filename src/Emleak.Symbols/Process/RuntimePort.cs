using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>The socket of a process's .NET runtime for diagnostics, and the perf map beside it: since .NET 8 the runtime writes one when asked.</summary>
internal sealed class RuntimePort : IDisposable
{
    // It writes down what it has compiled so far: some 100 ms for large programs. One that is stopped never answers.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _socket;
    private readonly SafeFileHandle _folder;
    private readonly string _mapName;

    private RuntimePort(string socket, SafeFileHandle folder, string mapName, bool hasMap)
    {
        _socket = socket;
        _folder = folder;
        _mapName = mapName;
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
            string socket = string.Create(CultureInfo.InvariantCulture, $"{folder}/dotnet-diagnostic-{identity.InnermostId}-{identity.StartTime}-socket");
            if (!TargetFile.IsSocketOf(pid, socket, identity.User)) continue;
            using SafeFileHandle? map = TargetFile.Open(pid, $"{folder}/{mapName}", identity.User, out _, out string? refusal);
            bool hasMap = map is not null || refusal is not null;
            return TargetFile.OpenFolder(pid, socket, out _) is { } held ? new RuntimePort(ModuleFile.RootOf(pid) + socket, held, mapName, hasMap) : null;
        }

        return null;
    }

    /// <summary>Has the runtime begin a map; gives true once the names of what was compiled before are in it.</summary>
    public Task<bool> StartNaming() => Task.Run(() => Ask(static client => client.EnablePerfMap(PerfMapType.PerfMap)));

    /// <summary>Has the runtime end the map, and removes it.</summary>
    public void StopNaming()
    {
        Wait(Task.Run(() => Ask(static client => client.DisablePerfMap())));
        TargetFile.Remove(_folder, _mapName);
    }

    /// <summary>Waits for an answer, but not for ever.</summary>
    public static bool Wait(Task<bool> answer) => answer.Wait(Patience) && answer.Result;

    public void Dispose() => _folder.Dispose();

    private bool Ask(Action<DiagnosticsClient> command)
    {
        try
        {
            using CancellationTokenSource clock = new(Patience);
            DiagnosticsClientConnector connector = DiagnosticsClientConnector.FromDiagnosticPort($"{_socket},connect", clock.Token).GetAwaiter().GetResult();
            try
            {
                command(connector.Instance);
            }
            finally
            {
                connector.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            return true;
        }
#pragma warning disable CA1031 // The client's exceptions are many, and each means the same: there will be no names, or the process has gone.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}
