using BenchmarkDotNet.Attributes;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Object;

namespace Emleak.Benchmarks;

/// <summary>emleak's own object, from its bytes to verified programs.</summary>
public class ObjectBenchmarks
{
    private byte[] _data = [];
    private BpfObject? _spec;

    internal static string ObjectPath { get; set; } = "";

    internal static string[] Programs { get; set; } = [];

    /// <summary>Reads the object, and what is known of the kernel once and for all.</summary>
    [GlobalSetup]
    public void Read()
    {
        _data = File.ReadAllBytes(ObjectPath);
        _spec = BpfObject.Parse(_data);
        foreach (ProgramSpec program in _spec.Programs.Values) program.IsLoaded = Programs.Contains(program.Name, StringComparer.Ordinal);
        _spec.Load().Dispose();
    }

    /// <summary>ELF, BTF, sections, maps and programs of the object.</summary>
    [Benchmark]
    public BpfObject Open() => BpfObject.Parse(_data);

    /// <summary>Maps, types and programs into the kernel, with the verifier's time, and out of it again.</summary>
    [Benchmark]
    public void Load() => _spec!.Load().Dispose();
}
