using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>
/// Has the .NET runtime of a process write a perf map for as long as this object lives: it is asked by its diagnostics socket, since .NET 8. A process
/// that writes one already is left alone. Afterwards the map is removed.
/// </summary>
internal sealed class ManagedNames : IDisposable
{
    // It writes down what it has compiled so far: some 100 ms for large programs. One that is stopped never answers.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _socket;
    private readonly SafeFileHandle _folder;
    private readonly string _mapName;
    private readonly Task<bool> _started;

    private ManagedNames(string socket, SafeFileHandle folder, string mapName)
    {
        _socket = socket;
        _folder = folder;
        _mapName = mapName;
        _started = Task.Run(() => Ask(static client => client.EnablePerfMap(PerfMapType.PerfMap)));
    }

    /// <summary>Asks the runtime to begin, and does not wait for it; null when the process has no .NET runtime, or writes a perf map anyway.</summary>
    public static ManagedNames? Start(int pid)
    {
        if (TargetIdentity.Read(pid) is not { } identity) return null;
        string mapName = PerfMapSearch.FileName(identity);
        foreach (string folder in TemporaryFolders.Of(pid))
        {
            string socket = string.Create(CultureInfo.InvariantCulture, $"{folder}/dotnet-diagnostic-{identity.InnermostId}-{identity.StartTime}-socket");
            if (!TargetFile.IsSocketOf(pid, socket, identity.User)) continue;
            using SafeFileHandle? map = TargetFile.Open(pid, $"{folder}/{mapName}", identity.User, out _, out string? refusal);
            if (map is not null || refusal is not null) return null;
            return TargetFile.OpenFolder(pid, socket, out _) is { } held ? new ManagedNames(ModuleFile.RootOf(pid) + socket, held, mapName) : null;
        }

        return null;
    }

    /// <summary>Waits until the names of what was compiled before are written.</summary>
    public void WaitUntilStarted() => _started.Wait(Patience);

    public void Dispose()
    {
        if (_started.Wait(Patience) && _started.Result)
        {
            Task.Run(() => Ask(static client => client.DisablePerfMap())).Wait(Patience);
            TargetFile.Remove(_folder, _mapName);
        }

        _folder.Dispose();
    }

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
