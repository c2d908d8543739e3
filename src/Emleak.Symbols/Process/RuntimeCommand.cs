using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Emleak.Elf;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>
/// A request to the .NET runtime of a process, made by Microsoft's client. Whoever answers may be hostile: the socket is reached by a descriptor,
/// whatever has its name by now, its listener must be the process, and nobody waits for longer than the request is worth.
/// </summary>
internal static class RuntimeCommand
{
    // getsockopt(2) of unix(7); struct ucred starts with the process id.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int CredentialBytes = 12;

    // How soon it is seen that nobody waits any more.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);

    /// <summary>Has the runtime write a perf map; true when it says that it does, and what it compiled before is in it.</summary>
    /// <param name="socket">Stands for the runtime's socket.</param>
    /// <param name="pid">The process that must listen there.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="isSent">True when the runtime may do it, answer or not.</param>
    public static bool Enable(SafeFileHandle socket, int pid, TimeSpan patience, CancellationToken cancellation, out bool isSent) =>
        Ask(socket, pid, static client => client.EnablePerfMap(PerfMapType.PerfMap), new Clock(patience, cancellation), out isSent);

    /// <summary>Has the runtime write no more.</summary>
    public static bool Disable(SafeFileHandle socket, int pid, TimeSpan patience) =>
        Ask(socket, pid, static client => client.DisablePerfMap(), new Clock(patience, CancellationToken.None), out _);

    private static bool Ask(SafeFileHandle located, int pid, Action<DiagnosticsClient> command, Clock clock, out bool isSent)
    {
        isSent = IsListener(located, pid, clock);
        if (!isSent) return false;

        // The client waits without an end for an answer: on a thread of its own, which ends with emleak.
        Task<bool> answer = Task.Factory.StartNew(() => Send(located, command), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!answer.Wait(Slice))
        {
            if (clock.IsOver) return false;
        }

        return answer.Result;
    }

    private static bool Send(SafeFileHandle located, Action<DiagnosticsClient> command)
    {
        bool isHeld = false;
        try
        {
            // The number in the path is this socket's until the client has connected, whoever gives up meanwhile.
            located.DangerousAddRef(ref isHeld);
            DiagnosticsClientConnector connector =
                DiagnosticsClientConnector.FromDiagnosticPort($"{FileDoor.PathOf(located)},connect", CancellationToken.None).GetAwaiter().GetResult();
            command(connector.Instance);
            return true;
        }
#pragma warning disable CA1031 // The client's exceptions are many, and each means the same: there will be no names, or the process has gone.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
        finally
        {
            if (isHeld) located.DangerousRelease();
        }
    }

    // A socket's credentials are those of who called listen(2), for each that connects: looking once is enough.
    private static bool IsListener(SafeFileHandle located, int pid, Clock clock)
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            return Connect(socket, located, clock) && PeerOf(socket) == pid;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool Connect(Socket socket, SafeFileHandle located, Clock clock)
    {
        UnixDomainSocketEndPoint place = new(FileDoor.PathOf(located));
        while (!clock.IsOver)
        {
            try
            {
                socket.Connect(place);
                return true;
            }
            catch (SocketException problem) when (problem.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                // Nobody takes connections at the moment.
                Thread.Sleep(Slice);
            }
        }

        return false;
    }

    private static int PeerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialBytes];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    private readonly struct Clock(TimeSpan patience, CancellationToken cancellation)
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public bool IsOver => cancellation.IsCancellationRequested || Stopwatch.GetElapsedTime(_start) > patience;
    }
}
