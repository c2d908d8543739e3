using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Error numbers as people read them.</summary>
internal static class ErrnoText
{
    /// <summary>The C name and libc's sentence: <c>EPERM, Operation not permitted</c>.</summary>
    public static string Describe(this Errno errno)
    {
        string name = Name(errno);
        // libc does not know ENOTSUPP and would say "Unknown error 524".
        return errno == Errno.NotSupportedByKernel
            ? $"{name}, Operation not supported by this kernel"
            : $"{name}, {Marshal.GetPInvokeErrorMessage((int)errno)}";
    }

    private static string Name(Errno errno) => errno switch
    {
        Errno.NotPermitted => "EPERM",
        Errno.NoEntry => "ENOENT",
        Errno.NoSuchProcess => "ESRCH",
        Errno.Interrupted => "EINTR",
        Errno.IoError => "EIO",
        Errno.NoDeviceOrAddress => "ENXIO",
        Errno.TooBig => "E2BIG",
        Errno.BadExecutable => "ENOEXEC",
        Errno.BadDescriptor => "EBADF",
        Errno.TryAgain => "EAGAIN",
        Errno.OutOfMemory => "ENOMEM",
        Errno.AccessDenied => "EACCES",
        Errno.Busy => "EBUSY",
        Errno.Exists => "EEXIST",
        Errno.NoDevice => "ENODEV",
        Errno.Invalid => "EINVAL",
        Errno.TooManyOpenFiles => "EMFILE",
        Errno.NoSpace => "ENOSPC",
        Errno.ProtocolNotSupported => "EPROTONOSUPPORT",
        Errno.OutOfRange => "ERANGE",
        Errno.NotSupported => "EOPNOTSUPP",
        Errno.AddressNotAvailable => "EADDRNOTAVAIL",
        Errno.NotSupportedByKernel => "ENOTSUPP",
        _ => $"error {(int)errno}",
    };
}
