using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Rewriting;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader;

/// <summary>Loads one object: types, then maps, then programs.</summary>
internal sealed class CollectionLoading : IDisposable
{
    private readonly BpfObject _object;
    private readonly LoadOptions _options;

    // Maps and programs hold on to the types that they use.
    private readonly BpfHandle? _btf;

    private readonly KernelTypes _kernelTypes = new();
    private readonly ExternPatch _externs;
    private readonly Dictionary<string, MapSpec> _maps = new(StringComparer.Ordinal);

    private readonly List<StructOps> _structures = [];

    private CoreRelocator? _relocator;

    public CollectionLoading(BpfObject spec, LoadOptions options)
    {
        foreach (string name in options.LeaveOut)
        {
            if (!spec.Programs.ContainsKey(name)) throw new KeyNotFoundException($"the object has no program '{name}' to leave out");
        }

        _object = spec;
        _options = options;
        _btf = BtfUpload.TryLoad(spec);
        _externs = new ExternPatch(spec, _kernelTypes);
    }

    private CoreRelocator Relocator => _relocator ??= CreateRelocator(
        _object.Btf ?? throw new BpfException("the object has CO-RE relocations, but no types"));

    public BpfCollection Run()
    {
        BpfCollection loaded = new();
        try
        {
            foreach (MapSpec map in _object.Maps.Values.Where(static map => map.IsMade)) AddMap(loaded, map);
            FillSlots(loaded, ofPrograms: false);
            _options.MapsMade?.Invoke(loaded.Maps);
            foreach (ProgramSpec program in _object.Programs.Values)
            {
                if (IsWanted(program)) loaded.Add(Load(program, loaded.Maps));
            }

            FillSlots(loaded, ofPrograms: true);
            foreach (StructOps structure in _structures) structure.Fill(loaded.Maps[structure.Map.Name], loaded.Programs);
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _btf?.Dispose();
        _kernelTypes.Dispose();
    }

    private void AddMap(BpfCollection loaded, MapSpec map)
    {
        if (map.Type == BpfMapType.StructOps && _object.Btf is { } types && _btf is not null)
        {
            StructOps structure = StructOps.Resolve(types, map, _kernelTypes);
            loaded.Add(structure.Create(_btf), map);
            _structures.Add(structure);
            return;
        }

        MapSpec resolved = map.Content == MapContent.KernelConfiguration ? ConfigurationMap.Resolve(_object, map, _options.Configuration) : map;
        _maps.Add(map.Name, resolved);
        loaded.Add(PinnedMaps.OpenOrCreate(resolved, _btf, _options.PinFolder), resolved);
    }

    // Maps may start with maps that are declared behind them, and with programs, which need the maps.
    private void FillSlots(BpfCollection loaded, bool ofPrograms)
    {
        foreach (MapSpec map in _object.Maps.Values)
        {
            if (map.IsMade && map.Type != BpfMapType.StructOps && (map.Type == BpfMapType.ProgArray) == ofPrograms) InitialSlots.Fill(loaded.Maps[map.Name], map, loaded);
        }
    }

    private bool IsWanted(ProgramSpec program)
    {
        if (!program.IsLoaded || _options.LeaveOut.Contains(program.Name, StringComparer.Ordinal)) return false;
        if (program.Type != BpfProgramType.StructOps) return true;
        // Those that only structures want that are not made have nothing to be verified against.
        MapSpec[] owners = [.. _object.Maps.Values.Where(map => map.Type == BpfMapType.StructOps && map.InitialSlots.Any(slot => slot.Target == program.Name))];
        return owners.Length == 0 || owners.Any(static map => map.IsMade);
    }

    private BpfProgram Load(ProgramSpec program, IReadOnlyDictionary<string, BpfMap> maps)
    {
        // Most programs of some objects do not need the kernel's types, which not every kernel has.
        BpfInstruction[] instructions = program.CoreRelocations.Count == 0 ? [.. program.Instructions] : Relocate(program);
        List<KernelModule> modules = [];
        _externs.Apply(program, instructions, modules);
        TracingTarget target = TracingTarget.Resolve(program, _kernelTypes, _options.TargetPrograms.GetValueOrDefault(program.Name), _structures);
        if (KernelFeatures.ProbeReadUser.Probe() == FeatureSupport.No) OldHelpers.Apply(instructions);
        if (KernelFeatures.GlobalData.Probe() == FeatureSupport.No)
        {
            program = DataByLookup.Rewrite(program, instructions, _object.Btf, _maps);
            instructions = program.Instructions;
        }

        MapPatch.Apply(program, instructions, maps);
        return new ProgramLoading(_object, _btf, _options.LogLevel).Load(program, instructions, target, modules);
    }

    // The modules continue the kernel's own types: those of a file say nothing of them.
    private CoreRelocator CreateRelocator(BtfTypes local) => _options.KernelBtf is { } given
        ? new CoreRelocator(local, [given])
        : new CoreRelocator(local, KernelBtf.Default, () => _kernelTypes.OfModules);

    private BpfInstruction[] Relocate(ProgramSpec program)
    {
        try
        {
            return Relocator.Apply(program);
        }
        catch (CoreRelocationException e)
        {
            throw new CoreRelocationException(program.Name, e);
        }
    }
}
