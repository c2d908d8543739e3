using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader;

/// <summary>Loads one object: types, then maps, then programs.</summary>
internal sealed class CollectionLoading : IDisposable
{
    private readonly BpfObject _object;
    private readonly LoadOptions _options;

    // Maps and programs hold on to the types that they use.
    private readonly BpfHandle? _btf;

    private CoreRelocator? _relocator;

    public CollectionLoading(BpfObject spec, LoadOptions options)
    {
        foreach (string name in options.LeaveOut)
        {
            if (!spec.Programs.ContainsKey(name)) throw new KeyNotFoundException($"the object has no program '{name}' to leave out");
        }

        _object = spec;
        _options = options;
        _btf = BtfUpload.TryLoad(spec.GetKernelBtf());
    }

    private CoreRelocator Relocator => _relocator ??= new CoreRelocator(
        _object.Btf ?? throw new BpfException("the object has CO-RE relocations, but no types"), [_options.KernelBtf ?? KernelBtf.Default]);

    public BpfCollection Run()
    {
        BpfCollection loaded = new();
        try
        {
            foreach (MapSpec map in _object.Maps.Values) loaded.Add(PinnedMaps.OpenOrCreate(map, _btf, _options.PinFolder), map);
            foreach (ProgramSpec program in _object.Programs.Values)
            {
                if (program.IsLoaded && !_options.LeaveOut.Contains(program.Name, StringComparer.Ordinal)) loaded.Add(Load(program, loaded.Maps));
            }

            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    public void Dispose() => _btf?.Dispose();

    private BpfProgram Load(ProgramSpec program, IReadOnlyDictionary<string, BpfMap> maps)
    {
        // Most programs of some objects do not need the kernel's types, which not every kernel has.
        BpfInstruction[] instructions = program.CoreRelocations.Count == 0 ? [.. program.Instructions] : Relocator.Apply(program);
        MapPatch.Apply(program, instructions, maps);
        return new ProgramLoading(_object, _btf, _options.LogLevel).Load(program, instructions);
    }
}
