using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Numbers of the system calls that libc has no function for, by architecture.</summary>
internal static class SyscallNumbers
{
    public static nint Bpf { get; } = Choose(x64: 321, arm64: 280);

    public static nint PerfEventOpen { get; } = Choose(x64: 298, arm64: 241);

    public static nint MemfdCreate { get; } = Choose(x64: 319, arm64: 279);

    /// <summary>One of the calls that have the same number everywhere.</summary>
    public static nint PidfdOpen => 434;

    private static nint Choose(nint x64, nint arm64) => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => x64,
        Architecture.Arm64 => arm64,
        Architecture other => throw new PlatformNotSupportedException($"{other}: only x86-64 and aarch64 are supported"),
    };
}
