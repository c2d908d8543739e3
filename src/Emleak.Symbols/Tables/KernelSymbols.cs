using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// The kernel's functions and those of its modules, from <c>/proc/kallsyms</c>: lines of address, type as <c>nm</c> has it, name, and the module in
/// brackets. Read when first needed. Safe for concurrent callers.
/// </summary>
internal sealed class KernelSymbols
{
    // A kernel with everything built in has 300,000 lines, 20 MB.
    private const int MaxBytes = 1 << 28;

    // Without sizes, a symbol ends where the next one starts; nothing is as large as this.
    private const ulong LargestFunction = 1 << 22;

    private static readonly Lazy<KernelSymbols> Running = new(ReadRunning);

    private readonly byte[] _text;
    private readonly ulong[] _starts;
    private readonly int[] _lines;

    private KernelSymbols(byte[] text, ulong[] starts, int[] lines, string? problem)
    {
        _text = text;
        _starts = starts;
        _lines = lines;
        Problem = problem;
    }

    /// <summary>Those of the running kernel.</summary>
    public static KernelSymbols Default => Running.Value;

    /// <summary>Why there are none; null when there are.</summary>
    public string? Problem { get; }

    /// <summary>True for addresses in the kernel's half of the address space.</summary>
    public static bool Covers(ulong address) => (long)address < 0;

    /// <summary>Reads the text of <c>/proc/kallsyms</c>. Lines that make no sense are passed over.</summary>
    public static KernelSymbols Parse(byte[] text)
    {
        List<ulong> starts = [];
        List<int> lines = [];
        for (int position = 0; position < text.Length;)
        {
            ReadOnlySpan<byte> rest = text.AsSpan(position);
            int length = rest.IndexOf((byte)'\n');
            if (length < 0) length = rest.Length;
            if (TryReadStart(rest[..length], out ulong start))
            {
                starts.Add(start);
                lines.Add(position);
            }

            position += length + 1;
        }

        ulong[] keys = [.. starts];
        int[] values = [.. lines];
        Array.Sort(keys, values);
        return new KernelSymbols(text, keys, values, keys.Length == 0 ? "the kernel hides its addresses (kernel.kptr_restrict)" : null);
    }

    /// <summary>The function at an address.</summary>
    /// <param name="address">An address of the kernel.</param>
    /// <param name="name">Its name.</param>
    /// <param name="module">Its module; <c>kernel</c> for the kernel itself.</param>
    /// <param name="start">Its first address.</param>
    public bool TryFind(ulong address, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out string? module, out ulong start)
    {
        (name, module, start) = (null, null, 0);
        int position = Array.BinarySearch(_starts, address);
        if (position < 0) position = ~position - 1;
        if (position < 0 || address - _starts[position] > LargestFunction) return false;

        // Of several names of one place the first in the file that is code.
        start = _starts[position];
        while (position > 0 && _starts[position - 1] == start) position--;
        int line = int.MaxValue;
        for (; position < _starts.Length && _starts[position] == start; position++)
        {
            if (_lines[position] < line && IsCode(_lines[position])) line = _lines[position];
        }

        if (line == int.MaxValue) return false;
        (name, module) = ReadName(line);
        return true;
    }

    private static KernelSymbols ReadRunning()
    {
        try
        {
            using FileStream file = new("/proc/kallsyms", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            using MemoryStream text = new(1 << 23);
            byte[] buffer = new byte[1 << 16];
            while (text.Length < MaxBytes && file.Read(buffer) is > 0 and int read) text.Write(buffer, 0, read);
            return Parse(text.ToArray());
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new KernelSymbols([], [], [], SystemError.Describe(problem));
        }
    }

    private static bool TryReadStart(ReadOnlySpan<byte> line, out ulong start)
    {
        const int TypeAndBlanks = 3;
        return Utf8Parser.TryParse(line, out start, out int consumed, 'x')
            && start != 0 && line.Length > consumed + TypeAndBlanks && line[consumed] == (byte)' ' && line[consumed + 2] == (byte)' ';
    }

    // After the address, whose width is not the same on every machine, " T name".
    private ReadOnlySpan<byte> AfterAddress(int line) => _text.AsSpan(line)[_text.AsSpan(line).IndexOf((byte)' ')..];

    private bool IsCode(int line) => (AfterAddress(line)[1] | 0x20) is 't' or 'w';

    private (string Name, string Module) ReadName(int line)
    {
        ReadOnlySpan<byte> rest = AfterAddress(line)[3..];
        int end = rest.IndexOf((byte)'\n');
        if (end >= 0) rest = rest[..end];
        int tab = rest.IndexOf((byte)'\t');
        if (tab < 0) return (Encoding.UTF8.GetString(rest), "kernel");
        return (Encoding.UTF8.GetString(rest[..tab]), Encoding.UTF8.GetString(rest[(tab + 1)..].Trim("[]\r "u8)));
    }
}
