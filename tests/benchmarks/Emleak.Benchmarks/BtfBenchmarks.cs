using BenchmarkDotNet.Attributes;
using Emleak.BpfLoader.Btf;

namespace Emleak.Benchmarks;

/// <summary>The running kernel's types, 5.5 MB of them.</summary>
public class BtfBenchmarks
{
    private byte[] _data = [];
    private BtfTypes? _types;

    /// <summary>Reads the file, which is the kernel's work.</summary>
    [GlobalSetup]
    public void Read()
    {
        _data = File.ReadAllBytes("/sys/kernel/btf/vmlinux");
        _types = BtfTypes.Parse(_data);
    }

    /// <summary>Checks and indexes all types.</summary>
    [Benchmark]
    public BtfTypes Index() => BtfTypes.Parse(_data);

    /// <summary>The same, and the first find by name, which is what makes the index of names.</summary>
    [Benchmark]
    public bool IndexAndFirstFind() => BtfTypes.Parse(_data).TryFind("task_struct", BtfKind.Struct, out _);

    /// <summary>Every find after the first.</summary>
    [Benchmark]
    public bool Find() => _types!.TryFind("task_struct", BtfKind.Struct, out _);
}
