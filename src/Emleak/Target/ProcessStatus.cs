using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Target;

/// <summary>The parts of <c>/proc/ID/stat</c> (proc(5)) that tell what a process or thread is.</summary>
/// <param name="State">One letter; Z is a zombie, X is dead.</param>
/// <param name="Parent">The id of the process that is told when this one ends.</param>
/// <param name="Flags">The kernel's PF_* flags.</param>
/// <param name="StartTime">Clock ticks since boot: with the id, what makes a process this process.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProcessStatus(char State, int Parent, uint Flags, ulong StartTime)
{
    private const uint KernelThreadFlag = 0x0020_0000;
    private const ulong NanosecondsOfTick = 10_000_000;

    public bool IsKernelThread => (Flags & KernelThreadFlag) != 0;

    public bool HasEnded => State is 'Z' or 'X' or 'x';

    /// <summary>A time that the kernel has in nanoseconds since boot, as <see cref="StartTime"/> has it.</summary>
    public static ulong TicksOf(ulong nanoseconds) => nanoseconds / NanosecondsOfTick;

    /// <summary>The signals that this process ignores, signal 1 the lowest bit.</summary>
    public static ulong IgnoredSignals()
    {
        const string Field = "SigIgn:";
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return ulong.Parse(line[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>The debugger of a process; 0 when it has none or has ended.</summary>
    public static int TracerOf(int pid)
    {
        const string Field = "TracerPid:";
        try
        {
            string line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
            return int.Parse(line[Field.Length..].Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>True for the errors of files under <c>/proc</c> that say that the process has ended, before its file was opened or after.</summary>
    public static bool MeansGone(IOException problem)
    {
        const int NoSuchProcess = 3;
        return problem is FileNotFoundException or DirectoryNotFoundException || problem.HResult == NoSuchProcess;
    }

    /// <summary>Null when there is no such process or thread.</summary>
    /// <exception cref="EmleakException">There may be, but nothing can be read: there are no descriptors left, for example.</exception>
    public static ProcessStatus? Read(string folder)
    {
        string text;
        try
        {
            text = File.ReadAllText(folder + "/stat");
        }
        catch (IOException problem)
        {
            if (MeansGone(problem)) return null;
            if (SystemError.IsOutOfDescriptors(problem)) throw Failures.OutOfDescriptors();
            throw new EmleakException(ExitCode.Failure, $"cannot read {folder}/stat: {Marshal.GetPInvokeErrorMessage(problem.HResult)}", problem);
        }

        // The name, in parentheses, may hold anything: blanks and parentheses too. The field after it is number 3 of proc(5).
        string[] fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new ProcessStatus(
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            uint.Parse(fields[6], CultureInfo.InvariantCulture),
            ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
