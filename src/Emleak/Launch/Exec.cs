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
    }

    /// <summary>Executes a program in this one's place. Returns only if that fails.</summary>
    public static ExitCode Replace(string path, string[] words)
    {
        // The .NET runtime ignores it, and that would be inherited.
        Target.Libc.TakeByDefault(PipeSignal);
        nint[] arguments = [.. words.Select(Marshal.StringToCoTaskMemUTF8), 0];
        fixed (nint* first = arguments)
        {
            _ = Execute(path, first);
        }

        int error = Marshal.GetLastPInvokeError();
        Console.Error.WriteLine($"emleak: cannot execute {path}: {Marshal.GetPInvokeErrorMessage(error)}");
        return error == NoEntry ? ExitCode.ProgramNotFound : ExitCode.ProgramNotExecutable;
    }

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, nint* arguments);

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    private static partial int SetGroups(nuint count, uint[] groups);

    [LibraryImport("libc", EntryPoint = "setgid", SetLastError = true)]
    private static partial int SetGroup(uint group);

    [LibraryImport("libc", EntryPoint = "setuid", SetLastError = true)]
    private static partial int SetUser(uint user);
}
