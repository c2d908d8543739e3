using Emleak.Elf;
using Emleak.Symbols;

namespace Emleak.Tracing;

/// <summary>Opens what a process has mapped.</summary>
internal static class TargetModules
{
    /// <exception cref="EmleakException">The process has ended, or may not be looked at.</exception>
    public static Symbolizer Open(int pid, SymbolizerSettings settings)
    {
        try
        {
            return Symbolizer.ForProcess(pid, settings);
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new EmleakException(ExitCode.NotPermitted, $"/proc/{pid}/maps may not be read: the process is protected, from root too", problem) { IsOfOneProcess = true };
        }
        catch (IOException problem) when (SystemError.IsOutOfDescriptors(problem))
        {
            throw Failures.OutOfDescriptors();
        }
        catch (IOException problem)
        {
            throw new EmleakException(ExitCode.NoProcess, $"process {pid} has ended", problem) { IsOfOneProcess = true };
        }
    }
}
