using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>One request to the kernel's network configuration (rtnetlink(7)), built field by field, and its answer.</summary>
internal sealed unsafe class Netlink
{
    public const ushort Request = 0x1;
    public const ushort Exclusive = 0x200;
    public const ushort Create = 0x400;
    public const ushort Echo = 0x8;

    private const int Domain = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const ushort Acknowledge = 0x4;
    private const ushort ErrorMessage = 2;
    private const ushort Nested = 0x8000;
    private const int HeaderSize = 16;
    private const int AttributeHeaderSize = 4;
    private const int AnswerSize = 1 << 14;

    private readonly List<byte> _message;
    private readonly ushort _type;

    /// <param name="type">The request, <c>RTM_*</c>.</param>
    /// <param name="flags">Beside those that every request has.</param>
    /// <param name="body">The structure that requests of this type begin with.</param>
    public Netlink(ushort type, ushort flags, ReadOnlySpan<byte> body)
    {
        _type = type;
        _message = [.. new byte[HeaderSize], .. body];
        Span<byte> header = CollectionsMarshal.AsSpan(_message);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)(Request | Acknowledge | flags));
    }

    public Netlink Add(ushort attribute, int value) => AddBytes(attribute, BitConverter.GetBytes(value));

    public Netlink Add(ushort attribute, string text) => AddBytes(attribute, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>An attribute that has others in it.</summary>
    public Netlink Add(ushort attribute, Action<Netlink> content)
    {
        int at = _message.Count;
        AddBytes((ushort)(attribute | Nested), []);
        content(this);
        BinaryPrimitives.WriteUInt16LittleEndian(CollectionsMarshal.AsSpan(_message)[at..], (ushort)(_message.Count - at));
        return this;
    }

    /// <summary>Sends the request and waits for the kernel's answer.</summary>
    public Errno Send() => Send([]);

    /// <summary>As <see cref="Send()"/>; the start of the echo of what the request has made is copied to <paramref name="echo"/>.</summary>
    public Errno Send(Span<byte> echo)
    {
        int descriptor = Libc.Socket(Domain, RawCloseOnExec, protocol: 0);
        if (descriptor < 0) return (Errno)Marshal.GetLastPInvokeError();
        using BpfHandle socket = BpfHandle.Own(descriptor);
        byte[] message = [.. _message];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        fixed (byte* data = message)
        {
            if (Libc.Send(socket.Descriptor, data, (nuint)message.Length, flags: 0) < 0) return (Errno)Marshal.GetLastPInvokeError();
        }

        byte[] answer = new byte[AnswerSize];
        while (true)
        {
            nint length;
            fixed (byte* data = answer) length = Libc.Receive(socket.Descriptor, data, AnswerSize, flags: 0);
            if (length < 0 && (Errno)Marshal.GetLastPInvokeError() == Errno.Interrupted) continue;
            if (length <= 0) return length < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.IoError;
            if (FindAnswer(answer.AsSpan(0, (int)length), echo) is { } errno) return errno;
        }
    }

    /// <summary>Looks through what has been received; null when the acknowledgement is not there yet.</summary>
    private Errno? FindAnswer(ReadOnlySpan<byte> received, Span<byte> echo)
    {
        while (received.Length >= HeaderSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(received);
            if (length < HeaderSize || length > received.Length) return Errno.IoError;
            ushort type = BinaryPrimitives.ReadUInt16LittleEndian(received[4..]);
            ReadOnlySpan<byte> body = received[HeaderSize..length];
            if (type == ErrorMessage) return body.Length < sizeof(int) ? Errno.IoError : (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(body));
            if (type == _type) body[..Math.Min(body.Length, echo.Length)].CopyTo(echo);
            received = received[Math.Min(Aligned(length), received.Length)..];
        }

        return null;
    }

    private Netlink AddBytes(ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[AttributeHeaderSize];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(AttributeHeaderSize + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], attribute);
        _message.AddRange(header);
        _message.AddRange(value);
        while (_message.Count != Aligned(_message.Count)) _message.Add(0);
        return this;
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}
