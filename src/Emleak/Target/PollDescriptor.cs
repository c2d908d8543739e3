using System.Runtime.InteropServices;

namespace Emleak.Target;

/// <summary><c>struct pollfd</c> of poll(2). A negative descriptor is passed over.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    private const short Readable = 1;
    private const short Writable = 4;

    public int Descriptor;
    public short Events;
    public short Returned;

    public static PollDescriptor ForReading(int descriptor) => new() { Descriptor = descriptor, Events = Readable };

    public static PollDescriptor ForWriting(int descriptor) => new() { Descriptor = descriptor, Events = Writable };

    /// <summary>Errors are told whatever is asked for.</summary>
    public static PollDescriptor ForErrors(int descriptor) => new() { Descriptor = descriptor };

    public readonly bool IsReady => Returned != 0;
}
