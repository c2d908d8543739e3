using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>
/// Exceptions of the class library in words. The static program is built without the library's texts: a message is the name of one there,
/// such as <c>IO_DiskFull_Path_AllocationSize</c>. The error number has words of its own, from the C library.
/// </summary>
public static class SystemError
{
    private const int NoEntry = 2;
    private const int FileTooLarge = 27;
    private const int TooManyInSystem = 23;
    private const int TooManyInProcess = 24;

    // HRESULTs that the class library gives for error numbers (hresult values of winerror.h).
    private const int FileNotFound = unchecked((int)0x80070002);
    private const int PathNotFound = unchecked((int)0x80070003);
    private const int AccessDenied = unchecked((int)0x80070005);
    private const int NameTooLong = unchecked((int)0x800700CE);

    /// <summary>What went wrong, in one line without the name of the file.</summary>
    /// <param name="problem">Any exception.</param>
    public static string Describe(Exception problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (NumberOf(problem) is int number) return Marshal.GetPInvokeErrorMessage(number);
        return problem switch
        {
            OutOfMemoryException => "out of memory",
            OperationCanceledException => "was given up",
            TimeoutException => "takes too long",
            EndOfStreamException => "ends too early",
            _ when !IsResourceKey(problem.Message) => problem.Message,
            { InnerException: { } cause } => Describe(cause),
            _ => DescribeByName(problem),
        };
    }

    // What the text would have been made with is still there: "net_ssl_io_frame, UntrustedRoot".
    private static string DescribeByName(Exception problem)
    {
        string[] parts = problem.Message.Split(", ", 2);
        return parts.Length == 1 ? problem.GetType().Name : $"{problem.GetType().Name}: {parts[1]}";
    }

    /// <summary>The error number (errno(3)) behind an exception, where there is one.</summary>
    /// <param name="problem">Any exception.</param>
    public static int? NumberOf(Exception problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        const int LargestNumber = 4095;
        return problem switch
        {
            SocketException socket => socket.NativeErrorCode,
            ArgumentOutOfRangeException { ParamName: "value" } => FileTooLarge,
            FileNotFoundException or DirectoryNotFoundException => NoEntry,
            UnauthorizedAccessException { InnerException: IOException { HResult: > 0 and <= LargestNumber } cause } => cause.HResult,
            UnauthorizedAccessException or { HResult: AccessDenied } => 13,
            PathTooLongException or { HResult: NameTooLong } => 36,
            IOException { HResult: FileNotFound or PathNotFound } => NoEntry,
            IOException { HResult: > 0 and <= LargestNumber } => problem.HResult,
            IOException { InnerException: { } cause } => NumberOf(cause),
            _ => null,
        };
    }

    /// <summary>An error number of errno(3) in words.</summary>
    public static string Describe(int number) => Marshal.GetPInvokeErrorMessage(number);

    /// <summary>True when a file could not be made, written or read. For one that became too large the class library blames an argument.</summary>
    /// <param name="problem">Any exception.</param>
    public static bool IsOfFile(Exception problem) => problem is IOException or UnauthorizedAccessException || NumberOf(problem) == FileTooLarge;

    /// <summary>True when no descriptor was left, which says nothing of the file that was to be opened.</summary>
    /// <param name="problem">Any exception.</param>
    public static bool IsOutOfDescriptors(Exception problem) => NumberOf(problem) is TooManyInProcess or TooManyInSystem;

    // "IO_FileNotFound_FileName, /proc/1/maps"
    private static bool IsResourceKey(string message)
    {
        string key = message.Split(", ", 2)[0];
        return key.Contains('_', StringComparison.Ordinal) && key.All(unit => char.IsAsciiLetterOrDigit(unit) || unit == '_');
    }
}
