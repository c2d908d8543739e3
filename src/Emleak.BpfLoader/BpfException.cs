using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader;

/// <summary>
/// The kernel refused something, or would: what was asked for does not fit it. The message says what was being done, the error, and
/// what usually helps.
/// </summary>
public class BpfException : Exception
{
    /// <summary>Reports a failure that has no error number.</summary>
    public BpfException(string message) : base(message)
    {
    }

    /// <summary>Reports a failure that has no error number, and what caused it.</summary>
    public BpfException(string message, Exception cause) : base(message, cause)
    {
    }

    internal BpfException(string doing, Errno errno, string? advice = null)
        : this(errno, $"cannot {doing}: {errno.Describe()}{(advice is null ? "" : $" ({advice})")}")
    {
    }

    private protected BpfException(Errno errno, string message) : base(message) => ErrorNumber = (int)errno;

    /// <summary>The number of errno(3); 0 when it was not the kernel that refused.</summary>
    public int ErrorNumber { get; }
}
