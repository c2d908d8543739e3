using System.Diagnostics.CodeAnalysis;
using System.Reflection.PortableExecutable;
using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Precompiled;

/// <summary>
/// A .NET library with code that was compiled before it ran (ReadyToRun): most of the framework is. The runtime maps the file, and lists none of this code in a
/// perf map. Not safe for concurrent use.
/// </summary>
internal sealed class PrecompiledCode : IDisposable
{
    // The framework in one file has some 150 MB.
    private const long MaxBytes = 1 << 29;

    private readonly PEReader _file;
    private readonly Lazy<PrecompiledMethods?> _methods;

    private PrecompiledCode(PEReader file)
    {
        _file = file;
        _methods = new(ReadMethods);
    }

    /// <summary>Opens a file; null when it is no .NET library.</summary>
    /// <param name="path">The file, as seen from here.</param>
    /// <param name="files">How the files of the process are opened.</param>
    public static PrecompiledCode? TryOpen(string path, TargetFiles files)
    {
        try
        {
            return TryRead(FileBytes.Open(RootFolder.Own, path), MemoryBudget.ForFile(files.Limits, files.Budget));
        }
        catch (Exception problem) when (problem is MalformedDataException || ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="source">The file; closed with the result, or at once when it is none.</param>
    /// <param name="budget">Pays for what is loaded of it.</param>
    public static PrecompiledCode? TryRead(ByteSource source, MemoryBudget budget)
    {
        LibraryStream stream = new(source, budget);
        if (stream.Length <= MaxBytes && Try(() => StartsAsLibrary(stream)))
        {
            PEReader? reader = null;
            if (Try(() => (reader = new PEReader(stream)).HasMetadata)) return new PrecompiledCode(reader!);
            reader?.Dispose();
        }

        stream.Dispose();
        return null;
    }

    /// <summary>The method that has the code at a place.</summary>
    /// <param name="offset">The place in the file.</param>
    /// <param name="name">Its namespace, type and name.</param>
    /// <param name="start">Where in the file its code starts.</param>
    public bool TryFind(ulong offset, [NotNullWhen(true)] out string? name, out ulong start)
    {
        string? found = null;
        ulong first = 0;
        Try(() => _methods.Value is { } methods && TryLocate(offset, out SectionHeader section, out uint address) && Find(methods, section, address));
        (name, start) = (found, first);
        return found is not null;

        bool Find(PrecompiledMethods methods, SectionHeader section, uint address)
        {
            if (!methods.TryFind(address, out found, out uint begin)) return false;
            first = (ulong)(begin - section.VirtualAddress + section.PointerToRawData);
            return true;
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool StartsAsLibrary(LibraryStream stream)
    {
        Span<byte> start = stackalloc byte[2];
        stream.ReadExactly(start);
        stream.Position = 0;
        return start.SequenceEqual("MZ"u8);
    }

    // What the framework's own reader throws at damaged data.
    private static bool Try(Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is BadImageFormatException or MalformedDataException or ArgumentException or InvalidOperationException or OverflowException or IOException or OutOfMemoryException)
        {
            return false;
        }
    }

    private PrecompiledMethods? ReadMethods()
    {
        PrecompiledMethods? methods = null;
        Try(() => (methods = PrecompiledMethods.Read(_file)) is not null);
        return methods;
    }

    private bool TryLocate(ulong offset, out SectionHeader section, out uint address)
    {
        foreach (SectionHeader candidate in _file.PEHeaders.SectionHeaders)
        {
            ulong distance = offset - (uint)candidate.PointerToRawData;
            if (distance >= (uint)candidate.SizeOfRawData) continue;
            (section, address) = (candidate, (uint)candidate.VirtualAddress + (uint)distance);
            return true;
        }

        (section, address) = (default, 0);
        return false;
    }
}
