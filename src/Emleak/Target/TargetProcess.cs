using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Target;

/// <summary>The process that is traced: certain to be the same one for as long as this object lives.</summary>
internal sealed class TargetProcess : IDisposable
{
    private readonly ulong _startTime;

    private TargetProcess(int pid, int pidfd, ulong startTime)
    {
        Pid = pid;
        Descriptor = pidfd;
        _startTime = startTime;
    }

    public int Pid { get; }

    /// <summary>Readable when the process has ended; -1 where the kernel has no such descriptor (below 5.3).</summary>
    public int Descriptor { get; }

    /// <summary>True when the last thread has ended.</summary>
    public bool HasExited => Descriptor >= 0
        ? Libc.IsReadable(Descriptor)
        : FindLiveThread(Pid) is null || ProcessStatus.Read(Folder(Pid))?.StartTime != _startTime;

    /// <summary>A thread of the process that has not ended: attaching by way of one that has is refused.</summary>
    /// <exception cref="EmleakException">The process has ended.</exception>
    public int LiveThread => FindLiveThread(Pid) ?? throw NoProcess($"process {Pid} has ended");

    /// <summary>True when there is such a thread, which has not ended.</summary>
    public bool HasLiveThread(int thread) =>
        ProcessStatus.Read(string.Create(CultureInfo.InvariantCulture, $"{Folder(Pid)}/task/{thread}")) is { HasEnded: false };

    /// <summary>
    /// A path through one thread's folder under <c>/proc</c>, made one through another's: a thread that has left shows no files.
    /// </summary>
    public static string SeenBy(int thread, string path)
    {
        string[] parts = path.Split('/', 4);
        bool isThreads = parts is ["", "proc", string id, _] && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return isThreads ? string.Create(CultureInfo.InvariantCulture, $"/proc/{thread}/{parts[3]}") : path;
    }

    /// <summary>When it began: with the id, what makes it this process.</summary>
    public ulong StartTime => _startTime;

    /// <summary>Finds a process that can be traced.</summary>
    /// <param name="pid">Its id.</param>
    /// <param name="startTime">When it began, if that is known: the id may be another process's by now.</param>
    /// <exception cref="EmleakException">There is none with this id, or it has no memory of its own.</exception>
    public static TargetProcess Open(int pid, ulong? startTime = null)
    {
        // The descriptor first: from then on the id cannot become another process's unnoticed.
        int pidfd = OpenDescriptor(pid);
        try
        {
            ProcessStatus status = ProcessStatus.Read(Folder(pid))
                ?? throw (Directory.Exists(Folder(pid)) ? Failures.OutOfDescriptors() : NoProcess($"there is no process {pid}"));
            if (startTime is not null && status.StartTime != startTime) throw NoProcess($"process {pid} has ended, and its number is another one's");
            CheckIsLeader(pid);
            if (status.IsKernelThread) throw NoProcess($"process {pid} is a kernel thread: it has no user memory to trace");
            if (FindLiveThread(pid) is null) throw NoProcess($"process {pid} is a zombie: it has ended and waits for its parent");
            return new TargetProcess(pid, pidfd, status.StartTime);
        }
        catch
        {
            if (pidfd >= 0) _ = Libc.Close(pidfd);
            throw;
        }
    }

    public void Dispose()
    {
        if (Descriptor >= 0) _ = Libc.Close(Descriptor);
    }

    // -1 where the kernel has none, or the id is a thread's, which is told later.
    private static int OpenDescriptor(int pid)
    {
        const int NoEntry = 2, NoSuchProcess = 3, Invalid = 22, NoSuchCall = 38;
        int pidfd = Libc.PidfdOpen(pid);
        if (pidfd >= 0) return pidfd;
        int error = Marshal.GetLastPInvokeError();
        return error switch
        {
            // Of a thread, kernels before and since 6.9 say so.
            Invalid or NoEntry or NoSuchCall => -1,
            NoSuchProcess => throw NoProcess($"there is no process {pid}"),
            _ => throw new EmleakException(ExitCode.Failure, $"cannot hold on to process {pid}: {Marshal.GetPInvokeErrorMessage(error)}"),
        };
    }

    private static string Folder(int pid) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");

    // /proc shows threads too, to who asks for them by number.
    private static void CheckIsLeader(int pid)
    {
        const string Field = "Tgid:";
        foreach (string line in File.ReadLines(Folder(pid) + "/status"))
        {
            if (!line.StartsWith(Field, StringComparison.Ordinal)) continue;
            string leader = line[Field.Length..].Trim();
            if (leader == pid.ToString(CultureInfo.InvariantCulture)) return;
            throw NoProcess($"{pid} is a thread of process {leader}: trace that with -p {leader}");
        }
    }

    private static int? FindLiveThread(int pid)
    {
        string folder = Folder(pid);
        if (ProcessStatus.Read(folder) is { HasEnded: false }) return pid;
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(folder + "/task"))
            {
                if (ProcessStatus.Read(thread) is { HasEnded: false }) return int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture);
            }
        }
        catch (IOException problem) when (ProcessStatus.MeansGone(problem))
        {
            // The process has gone while its threads were listed.
        }

        return null;
    }

    private static EmleakException NoProcess(string message) => new(ExitCode.NoProcess, message) { IsOfOneProcess = true };
}
