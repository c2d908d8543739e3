namespace Emleak.BpfLoader.Syscalls;

/// <summary>Error numbers that decide something here; the same on x86-64 and aarch64.</summary>
internal enum Errno
{
    None = 0,
    NotPermitted = 1,
    NoEntry = 2,
    NoSuchProcess = 3,
    Interrupted = 4,
    IoError = 5,
    NoDeviceOrAddress = 6,
    TooBig = 7,
    BadExecutable = 8,
    BadDescriptor = 9,
    TryAgain = 11,
    OutOfMemory = 12,
    AccessDenied = 13,
    Busy = 16,
    Exists = 17,
    NoDevice = 19,
    Invalid = 22,
    TooManyOpenFiles = 24,
    NoSpace = 28,
    OutOfRange = 34,
    ProtocolNotSupported = 93,
    NotSupported = 95,
    AddressNotAvailable = 99,

    /// <summary>ENOTSUPP: the kernel's own, which libc has no name for.</summary>
    NotSupportedByKernel = 524,
}
