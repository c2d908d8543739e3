using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Emleak.Elf;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Symbols.Process;

/// <summary>
/// A request to the .NET runtime of a process, and its answer (dotnet/diagnostics, documentation/design-docs/ipc-protocol.md). Whoever answers may be hostile:
/// what is read has a fixed size, and the time for all of it has an end.
/// </summary>
internal static class RuntimeCommand
{
    private const byte ProcessCommands = 4;
    private const byte EnablePerfMap = 5;
    private const byte DisablePerfMap = 6;
    private const uint PerfMapAlone = 3;
    private const int HeaderBytes = 20;

    // getsockopt(2) of unix(7); struct ucred starts with the process id.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int CredentialBytes = 12;

    // How soon it is seen that nobody waits any more.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);

    private static ReadOnlySpan<byte> Magic => "DOTNET_IPC_V1\0"u8;

    /// <summary>Has the runtime write a perf map; true when it says that it does, and what it compiled before is in it.</summary>
    /// <param name="socket">Stands for the runtime's socket.</param>
    /// <param name="pid">The process that must be at the other end.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="isSent">True when the runtime may do it, answer or not.</param>
    public static bool Enable(SafeFileHandle socket, int pid, TimeSpan patience, CancellationToken cancellation, out bool isSent)
    {
        Span<byte> request = stackalloc byte[HeaderBytes + sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(request[HeaderBytes..], PerfMapAlone);
        return Ask(socket, pid, EnablePerfMap, request, new Clock(patience, cancellation), out isSent);
    }

    /// <summary>Has the runtime write no more.</summary>
    public static bool Disable(SafeFileHandle socket, int pid, TimeSpan patience) =>
        Ask(socket, pid, DisablePerfMap, stackalloc byte[HeaderBytes], new Clock(patience, CancellationToken.None), out _);

    private static bool Ask(SafeFileHandle located, int pid, byte command, Span<byte> request, Clock clock, out bool isSent)
    {
        isSent = false;
        Magic.CopyTo(request);
        BinaryPrimitives.WriteUInt16LittleEndian(request[14..], (ushort)request.Length);
        request[16] = ProcessCommands;
        request[17] = command;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            if (!Connect(socket, located, clock) || PeerOf(socket) != pid) return false;

            // A new connection takes so little at once.
            isSent = socket.Send(request) == request.Length;
            Span<byte> answer = stackalloc byte[HeaderBytes];
            return isSent && Receive(socket, answer, clock) && answer.StartsWith(Magic) && answer[16] == byte.MaxValue && answer[17] == 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // By the descriptor: the very socket that was looked at, whatever has its name by now.
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

    private static bool Receive(Socket socket, Span<byte> answer, Clock clock)
    {
        while (!answer.IsEmpty)
        {
            if (clock.IsOver) return false;
            if (!socket.Poll(Slice, SelectMode.SelectRead)) continue;
            int read = socket.Receive(answer);
            if (read == 0) return false;
            answer = answer[read..];
        }

        return true;
    }

    private readonly struct Clock(TimeSpan patience, CancellationToken cancellation)
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public bool IsOver => cancellation.IsCancellationRequested || Stopwatch.GetElapsedTime(_start) > patience;
    }
}
