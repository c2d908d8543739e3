using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Rewriting;
using Emleak.Elf;
using Emleak.Fuzzing;

namespace Emleak.BpfLoader.Fuzz;

/// <summary>Everything of the loader that reads bytes of strangers.</summary>
public static class FuzzTargets
{
    private static readonly Seeds Seeds = new(typeof(FuzzTargets).Assembly);
    private static readonly byte[] Template = Seeds.Read("object/features.o");
    private static readonly BpfObject Local = BpfObject.Parse(Template);

    /// <summary>All of them.</summary>
    public static FuzzSuite Suite { get; } = new(
    [
        new("object", static bytes => Guard(() => ReadObject(bytes))),
        new("btf", static bytes => Guard(() => ReadTypes(bytes))),
        new("btf-ext", static bytes => Guard(() => ReadObject(WithExtension(bytes.Span)))),
        new("core", static bytes => Guard(() => Relocate(bytes))),
        new("usdt", static bytes => Guard(() => ReadProbes(bytes))),
    ], Seeds);

    private static void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is MalformedDataException or BpfException)
        {
            // What damaged input is supposed to end in.
        }
    }

    private static void ReadObject(ReadOnlyMemory<byte> bytes)
    {
        BpfObject read = BpfObject.Parse(bytes);
        foreach (ProgramSpec program in read.Programs.Values)
        {
            read.FindSourceLine(program, 0);
            Guard(() => DataByLookup.Rewrite(program, program.Instructions, read.Btf, read.Maps));
        }

        if (read.Btf is null) return;
        CoreRelocator relocator = new(read.Btf, [read.Btf]);
        foreach (ProgramSpec program in read.Programs.Values) Guard(() => relocator.Apply(program));
        read.GetKernelBtf(BtfFeatures.None);
    }

    private static void ReadTypes(ReadOnlyMemory<byte> bytes)
    {
        BtfTypes types = BtfTypes.Parse(bytes);
        BtfPrinter printer = new(types);
        for (uint id = 0; id < types.Count; id++)
        {
            BtfTypeId type = new(id);
            Guard(() => types.TryGetSize(type, out _));
            Guard(() => types.AlignmentOf(type));
            Guard(() => printer.Define(type));
        }

        Guard(() => printer.WriteAll(TextWriter.Null));
        Guard(() => BtfDowngrade.Rewrite(types, BtfFeatures.None));
        BtfTypes.Parse(BtfWriter.Copy(types).ToArray());
    }

    private static void ReadProbes(ReadOnlyMemory<byte> bytes)
    {
        using ElfImage image = ElfImage.FromMemory(bytes);
        foreach (UsdtNote note in UsdtNote.Find(image, "emleak", "probe"))
        {
            foreach (Architecture architecture in new[] { Architecture.X64, Architecture.Arm64 })
            {
                try
                {
                    UsdtArgument.ParseAll(note.Arguments, architecture);
                }
                catch (FormatException)
                {
                    // As damaged data: the caller names the probe.
                }
            }
        }
    }

    /// <summary>The template with another <c>.BTF.ext</c>, cut or filled up with zeros to the length of its own.</summary>
    private static byte[] WithExtension(ReadOnlySpan<byte> extension)
    {
        byte[] bytes = [.. Template];
        using ElfImage image = ElfImage.FromMemory(Template);
        ElfSection section = image.FindSection(".BTF.ext")!;
        Span<byte> room = bytes.AsSpan((int)section.FileOffset, (int)section.Size);
        room.Clear();
        extension[..Math.Min(extension.Length, room.Length)].CopyTo(room);
        return bytes;
    }

    private static void Relocate(ReadOnlyMemory<byte> kernel)
    {
        CoreRelocator relocator = new(Local.Btf!, [BtfTypes.Parse(kernel)]);
        foreach (ProgramSpec program in Local.Programs.Values) Guard(() => relocator.Apply(program));
    }
}
