using System.Globalization;

namespace Emleak.BpfLoader.Links;

/// <summary>Where a process has the code of a file.</summary>
internal static class ProcessCode
{
    private const int FieldsBeforePath = 5;

    /// <summary>The address of an instruction of a file in a process's memory.</summary>
    /// <exception cref="BpfException">There is no such process, or it has not mapped the file.</exception>
    public static ulong AddressOf(int pid, string file, ulong fileOffset)
    {
        string path = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(file);
        try
        {
            // proc_pid_maps(5): start-end rwxp offset device inode path
            foreach (string line in File.ReadLines($"/proc/{pid}/maps"))
            {
                string[] fields = line.Split(' ', FieldsBeforePath + 1, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (fields.Length <= FieldsBeforePath || fields[1][2] != 'x' || fields[FieldsBeforePath] != path) continue;
                int dash = fields[0].IndexOf('-', StringComparison.Ordinal);
                ulong start = Hex(fields[0].AsSpan(0, dash)), end = Hex(fields[0].AsSpan(dash + 1)), offset = Hex(fields[2]);
                if (fileOffset - offset < end - start) return start + (fileOffset - offset);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"cannot find {file} in process {pid}: {e.Message}", e);
        }

        throw new BpfException($"process {pid} has not mapped the code of {file}");
    }

    private static ulong Hex(ReadOnlySpan<char> digits) => ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
