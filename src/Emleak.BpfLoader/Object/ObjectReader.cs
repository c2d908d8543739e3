using System.Text;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>Reads a BPF object: maps, variables, programs, licence.</summary>
internal static class ObjectReader
{
    private const int MaxLicenseLength = 127;

    public static BpfObject Read(ElfImage image)
    {
        ObjectFile file = new(image);
        Dictionary<string, MapSpec> maps = new(StringComparer.Ordinal);
        Dictionary<ulong, string> declared = MapDeclarations.Read(file, maps);
        StructOpsDeclarations.Read(file, maps);
        Dictionary<int, string> data = DataSections.Read(file, maps);
        Dictionary<int, CodeSection> code = CodeSection.ReadAll(file, BtfExtension.Read(file));
        Dictionary<string, ExternSpec> externs = ExternDeclarations.Read(file, maps);
        LinkContext context = new(file, code, declared, data, maps, externs);

        Dictionary<string, ProgramSpec> programs = new(StringComparer.Ordinal);
        foreach (CodeSection section in code.Values)
        {
            foreach (ObjectFunction function in section.Functions)
            {
                if (!function.IsProgram) continue;
                ProgramSpec spec = ProgramSection.CreateSpec(function.Name, section.Name);
                ProgramLinker.Link(context, function, spec);
                if (!programs.TryAdd(function.Name, spec)) throw new MalformedDataException(section.Name, 0, $"two programs are named {function.Name}");
            }
        }

        byte[]? kernelBtf = file.Btf is null ? null : KernelBtfWriter.Write(file.Btf, file, maps);
        return new BpfObject(ReadLicense(file), ReadVersion(file), maps, programs, externs, file.Btf, kernelBtf);
    }

    private static string ReadLicense(ObjectFile file)
    {
        if (file.FindSection("license") is not { } section) return "";
        ReadOnlySpan<byte> text = file.GetData(section);
        int end = text.IndexOf((byte)0);
        if (end >= 0) text = text[..end];
        if (text.Length > MaxLicenseLength) throw new MalformedDataException("license", 0, $"{text.Length} bytes, the kernel reads {MaxLicenseLength}");
        return Encoding.UTF8.GetString(text);
    }

    private static uint ReadVersion(ObjectFile file) =>
        file.FindSection("version") is { } section ? file.GetReader(section).ReadU32() : 0;
}
