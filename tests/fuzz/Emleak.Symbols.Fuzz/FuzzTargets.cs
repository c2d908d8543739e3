using Emleak.Elf;
using Emleak.Fuzzing;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Demangling;
using Emleak.Symbols.Precompiled;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Fuzz;

/// <summary>Everything of the symbolizer that reads bytes of strangers.</summary>
public static class FuzzTargets
{
    /// <summary>All of them.</summary>
    public static FuzzSuite Suite { get; } = new(
    [
        new("call-frames", static bytes => Guard(() => ReadCallFrames(bytes))),
        new("elf", static bytes => Guard(() => NameCode(bytes, SymbolizeOptions.Names))),
        new("dwarf", static bytes => Guard(() => NameCode(bytes, SymbolizeOptions.Sources))),
        new("relocatable", static bytes => Guard(() => NameCode(bytes, SymbolizeOptions.Sources, layOut: true))),
        new("split-units", static bytes => Guard(() => NameSplitCode(bytes.Span))),
        new("line-programs", static bytes => Guard(() => NameCode(Template.WithLines(bytes.Span), SymbolizeOptions.Sources))),
        new("gnu-debugdata", static bytes => Guard(() => MiniDebugData.Expand(bytes.Span))),
        new("perf-map", static bytes => Guard(() => ReadPerfMap(bytes.Span))),
        new("kernel-symbols", static bytes => ReadKernelSymbols(bytes.ToArray())),
        new("precompiled", static bytes => NamePrecompiledCode(bytes)),
        new("itanium", static bytes => Demangle(bytes.Span)),
        new("rust", static bytes => Demangle(bytes.Span)),
    ], new Seeds(typeof(FuzzTargets).Assembly));

    private static void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (MalformedDataException)
        {
            // What damaged input is supposed to end in.
        }
    }

    // A whole file: its headers say where the section is and what is code. Whatever comes of it, it is a table.
    private static void ReadCallFrames(ReadOnlyMemory<byte> bytes)
    {
        using ElfImage image = ElfImage.FromMemory(bytes);
        UnwindTable table = UnwindTable.Read(image);
        uint last = 0;
        foreach (UnwindRow row in table.Rows)
        {
            if (row.Offset < last || row.Rule >= table.Rules.Length) throw new InvalidOperationException($"row at 0x{row.Offset:x} after 0x{last:x}");
            last = row.Offset;
        }
    }

    // Symbols may claim any address, so code is looked up where the file says that there is some, and at the ends of everything.
    private static void NameCode(ReadOnlyMemory<byte> bytes, SymbolizeOptions options, bool layOut = false, FileLocation? location = null)
    {
        const int Places = 64;
        using ElfImage image = ElfImage.FromMemory(bytes, layOut: layOut);
        using ModuleSymbols symbols = new(image, location, debugFile: null);
        List<ulong> addresses = [0, 1, ulong.MaxValue];
        foreach (ElfSection section in image.Sections.Where(section => section.IsExecutable).Take(4))
        {
            for (ulong i = 0; i < Places; i++) addresses.Add(section.Address + (i * Math.Max(1, section.Size / Places)));
        }

        foreach (ulong address in addresses)
        {
            Frame frame = symbols.Complete(new Frame { Address = address, Kind = AddressKind.Exact, ModuleAddress = address }, options);
            if (frame.Function is null == (frame.Reason == MissingReason.None)) throw new InvalidOperationException($"a name or a reason, at 0x{address:x}");
        }
    }

    // A file beside a sound program: a package when it has the index of one, or else the program's split unit.
    private static void NameSplitCode(ReadOnlySpan<byte> bytes)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-fuzz-").FullName;
        try
        {
            string name = bytes.IndexOf(".debug_cu_index"u8) >= 0 ? "program.dwp" : Template.SplitName;
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            foreach (byte[] skeleton in Template.Skeletons) NameCode(skeleton, SymbolizeOptions.Sources, location: new FileLocation(Path.Combine(folder, "program"), TargetFiles.Own(ElfLimits.Default)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void ReadPerfMap(ReadOnlySpan<byte> text)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, text);
            using PerfMap map = new(File.OpenHandle(path), default);
            map.Refresh();
            foreach (ulong address in (ulong[])[0, 0x400000, 0x400009, 0x400012, 0x400020, ulong.MaxValue]) map.TryFind(address, out _, out _);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void NamePrecompiledCode(ReadOnlyMemory<byte> bytes)
    {
        using PrecompiledCode? code = PrecompiledCode.TryRead(new MemoryBytes(bytes), MemoryBudget.ForFile(ElfLimits.Default, null));
        for (ulong offset = 0; code is not null && offset < (ulong)bytes.Length; offset += 16) code.TryFind(offset, out _, out _);
    }

    private static void ReadKernelSymbols(byte[] text)
    {
        KernelSymbols symbols = KernelSymbols.Parse(text);
        foreach (ulong address in (ulong[])[0, 0xffffffff81000000, 0xffffffff81000101, 0xffffffffc0001fff, ulong.MaxValue]) symbols.TryFind(address, out _, out _, out _);
    }

    private static void Demangle(ReadOnlySpan<byte> name)
    {
        string? full = Demangler.Demangle(name);
        string? brief = Demangler.Demangle(name, DemangleStyle.Short);
        if (full is not null && brief is null) throw new InvalidOperationException("only the short form is refused");
    }
}
