using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// A BPF object file as clang writes it, parsed: maps, programs with the functions they call, global variables. Nothing
/// of it is in the kernel yet; the maps and programs may be changed until it is loaded. Parsing asks the kernel nothing.
/// </summary>
public sealed class BpfObject
{
    private static readonly ElfLimits Limits = new() { MaxSections = 1 << 14, MaxSegments = 1 << 10 };

    private const int MaxBytes = 128 << 20;
    private const int PartSize = 1 << 16;

    private readonly Dictionary<string, MapSpec> _maps;
    private readonly Dictionary<string, ProgramSpec> _programs;
    private readonly byte[]? _kernelBtf;

    internal BpfObject(
        string license,
        uint version,
        Dictionary<string, MapSpec> maps,
        Dictionary<string, ProgramSpec> programs,
        Dictionary<string, ExternSpec> externs,
        BtfTypes? btf,
        byte[]? kernelBtf)
    {
        License = license;
        Version = version;
        _maps = maps;
        _programs = programs;
        Externs = externs;
        Btf = btf;
        _kernelBtf = kernelBtf;
    }

    /// <summary>
    /// The object's name: that of its file up to the first dot; empty when it was parsed from memory without one. The kernel sees data
    /// maps under it: <c>name.rodata</c>.
    /// </summary>
    public string Name { get; private set; } = "";

    /// <summary>The licence that the programs are loaded under (section <c>license</c>); empty when not given.</summary>
    public string License { get; }

    /// <summary>The kernel version that the programs are written for (section <c>version</c>); kernels from 5.0 ignore it.</summary>
    public uint Version { get; }

    /// <summary>The maps by name; those of data sections have the section's name.</summary>
    public IReadOnlyDictionary<string, MapSpec> Maps => _maps;

    /// <summary>The programs by the name of their function.</summary>
    public IReadOnlyDictionary<string, ProgramSpec> Programs => _programs;

    /// <summary>What the object expects of the kernel, by name: configuration values, variables, functions.</summary>
    public IReadOnlyDictionary<string, ExternSpec> Externs { get; }

    /// <summary>The object's types; null when it was compiled without <c>-g</c>.</summary>
    public BtfTypes? Btf { get; }

    /// <summary>Parses an object file.</summary>
    /// <exception cref="MalformedDataException">Not a BPF object, damaged, or with contents that this loader does not support.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static BpfObject Open(string path)
    {
        // Not mapped: to read a mapped file that somebody cuts short ends the process.
        using FileStream stream = File.OpenRead(path);
        return Open(stream, Path.GetFileName(path));
    }

    /// <summary>Parses an object file from a stream, which is read to its end and left open.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="fileName">The file's name, for <see cref="Name"/>; null: none.</param>
    /// <exception cref="MalformedDataException">Not a BPF object, damaged, or with contents that this loader does not support.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static BpfObject Open(Stream stream, string? fileName = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream copy = new();
        byte[] part = new byte[PartSize];
        for (int count = stream.Read(part); count > 0; count = stream.Read(part))
        {
            copy.Write(part, 0, count);
            if (copy.Length > MaxBytes) throw new MalformedDataException("BPF object", MaxBytes, $"larger than {MaxBytes >> 20} MiB");
        }

        return Parse(copy.GetBuffer().AsMemory(0, (int)copy.Length), fileName);
    }

    /// <summary>Parses an object file that is in memory. The memory is not referred to afterwards.</summary>
    /// <param name="data">The file.</param>
    /// <param name="fileName">The file's name, for <see cref="Name"/>; null: none.</param>
    /// <exception cref="MalformedDataException">Not a BPF object, damaged, or with contents that this loader does not support.</exception>
    public static BpfObject Parse(ReadOnlyMemory<byte> data, string? fileName = null)
    {
        using ElfImage image = ElfImage.FromMemory(data, Limits);
        BpfObject read = ObjectReader.Read(image);
        read.Name = fileName?.Split('.')[0] ?? "";
        foreach (MapSpec map in read._maps.Values) map.KernelName = DataSections.KernelName(map, read.Name);
        return read;
    }

    /// <summary>Sets a constant (<c>const volatile</c>) before the object is loaded; the verifier then knows its value.</summary>
    /// <param name="name">The variable's name.</param>
    /// <param name="value">The value, of the variable's size.</param>
    /// <exception cref="KeyNotFoundException">The object has no constant of this name.</exception>
    /// <exception cref="ArgumentException">The variable has another size.</exception>
    public void SetConstant<T>(string name, T value)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (MapSpec map in _maps.Values)
        {
            if (map.Content == MapContent.Declared || !map.Variables.TryGetValue(name, out VariableSpec variable)) continue;
            if (map.Content != MapContent.ReadOnlyData) throw new KeyNotFoundException($"{name} is a variable of {map.Name}, not a constant");
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
            if (bytes.Length != variable.Size)
            {
                throw new ArgumentException($"constant {name} has {variable.Size} bytes, {typeof(T)} has {bytes.Length}", nameof(value));
            }

            bytes.CopyTo(map.InitialValue.AsSpan(variable.Offset, variable.Size));
            return;
        }

        throw new KeyNotFoundException($"the object has no constant named {name}");
    }

    /// <summary>Leaves a program out of what is loaded.</summary>
    /// <returns>False when there is no such program.</returns>
    public bool RemoveProgram(string name) => _programs.Remove(name);

    /// <summary>
    /// The object's types as the kernel takes them: sizes of data sections and offsets of variables filled in, functions
    /// that are hidden to other objects marked static. Empty when <see cref="Btf"/> is null.
    /// </summary>
    /// <param name="known">What the kernel understands; the rest is rewritten, types keep their numbers.</param>
    /// <exception cref="MalformedDataException">A type refers to one that is not there.</exception>
    public ReadOnlyMemory<byte> GetKernelBtf(BtfFeatures known = BtfFeatures.All) =>
        _kernelBtf is null || known == BtfFeatures.All ? _kernelBtf : BtfDowngrade.Rewrite(BtfTypes.Parse(_kernelBtf), known);

    /// <summary>The source line of an instruction of one of the programs.</summary>
    /// <param name="program">A program of this object.</param>
    /// <param name="instruction">Index of a slot in <see cref="ProgramSpec.Instructions"/>.</param>
    /// <returns>Null when the object does not know.</returns>
    /// <exception cref="MalformedDataException">The line's text lies outside the strings.</exception>
    public SourceLine? FindSourceLine(ProgramSpec program, int instruction)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (Btf is null) return null;
        LineInfo? found = null;
        foreach (LineInfo line in program.Lines)
        {
            if (line.Instruction > instruction) break;
            found = line;
        }

        return found is { } row
            ? new SourceLine(Btf.GetText(row.FileNameOffset), row.Line, row.Column, Btf.GetText(row.LineOffset).Trim())
            : null;
    }
}
