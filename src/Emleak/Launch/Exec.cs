using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Emleak.Launch;

/// <summary>Makes this process another program.</summary>
internal static unsafe partial class Exec
{
    private const int PipeSignal = 13;
    private const int NoEntry = 2;

    /// <summary>Becomes another user, for good.</summary>
    /// <exception cref="EmleakException">The kernel refuses.</exception>
    public static void Adopt(Identity identity)
    {
        uint[] groups = [.. identity.Groups];
        // Groups first: afterwards it may not be done any more.
        if (SetGroups((nuint)groups.Length, groups) != 0 || SetGroup(identity.Group) != 0 || SetUser(identity.User) != 0)
            throw new EmleakException(ExitCode.NotPermitted, $"cannot become user {identity.User}: {Marshal.GetLastPInvokeErrorMessage()}");
        foreach ((string name, string? value) in UserVariables.Of(identity.User)) Set(name, value);
    }

    /// <summary>Executes a program in this one's place.</summary>
    /// <exception cref="EmleakException">That failed; the exit code is a shell's.</exception>
    [DoesNotReturn]
    public static void Replace(string path, string[] words)
    {
        // The .NET runtime ignores it, and that would be inherited.
        Target.Libc.TakeByDefault(PipeSignal);
        nint[] arguments = [.. words.Select(Marshal.StringToCoTaskMemUTF8), 0];
        fixed (nint* first = arguments)
        {
            _ = Execute(path, first);
        }

        int error = Marshal.GetLastPInvokeError();
        throw new EmleakException(
            error == NoEntry ? ExitCode.ProgramNotFound : ExitCode.ProgramNotExecutable, $"cannot execute {path}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    // In the C library's environment, which the program is given as it is: .NET has a copy.
    private static void Set(string name, string? value) => _ = value is null ? UnsetVariable(name) : SetVariable(name, value, 1);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int replace);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, nint* arguments);

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    private static partial int SetGroups(nuint count, uint[] groups);

    [LibraryImport("libc", EntryPoint = "setgid", SetLastError = true)]
    private static partial int SetGroup(uint group);

    [LibraryImport("libc", EntryPoint = "setuid", SetLastError = true)]
    private static partial int SetUser(uint user);
}
