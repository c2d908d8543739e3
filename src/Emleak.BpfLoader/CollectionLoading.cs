using System.Runtime.ExceptionServices;
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
    private readonly BtfUpload _btf;

    private readonly KernelTypes _kernelTypes = new();
    private readonly ExternPatch _externs;
    private readonly Dictionary<string, MapSpec> _maps = new(StringComparer.Ordinal);

    private readonly List<StructOps> _structures = [];

    private CoreRelocator? _relocator;
    private UsdtSpecs? _usdt;

    public CollectionLoading(BpfObject spec, LoadOptions options)
    {
        foreach (string name in options.LeaveOut)
        {
            if (!spec.Programs.ContainsKey(name)) throw new KeyNotFoundException($"the object has no program '{name}' to leave out");
        }

        _object = spec;
        _options = options;
        _btf = BtfUpload.Load(spec);
        _externs = new ExternPatch(spec, _kernelTypes);
    }

    private CoreRelocator Relocator => _relocator ??= CreateRelocator(
        _object.Btf ?? throw new BpfException("the object has CO-RE relocations, but no types"));

    public BpfCollection Run()
    {
        BpfCollection loaded = new(_object);
        try
        {
            foreach (MapSpec map in _object.Maps.Values.Where(static map => map.IsMade)) AddMap(loaded, map);
            if (_object.Btf is { } types && _maps.TryGetValue(UsdtSpecs.SpecsName, out MapSpec? specs)) _usdt = new UsdtSpecs(specs, types, loaded.Maps);
            FillSlots(loaded, ofPrograms: false);
            _options.MapsMade?.Invoke(loaded.Maps);
            AddPrograms(loaded);
            FillSlots(loaded, ofPrograms: true);
            foreach (StructOps structure in _structures) structure.Complete(loaded.Maps[structure.Map.Name], loaded.Programs);
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
        _btf.Handle?.Dispose();
        _kernelTypes.Dispose();
    }

    private void AddMap(BpfCollection loaded, MapSpec map)
    {
        if (map.Type == BpfMapType.StructOps && _object.Btf is { } types)
        {
            if (_btf.Handle is null) throw new BpfException($"cannot create StructOps map '{map.Name}' without the object's types, which the kernel refuses: {_btf.Refusal}");
            StructOps structure = StructOps.Resolve(types, map, _kernelTypes);
            loaded.Add(structure.Create(_btf.Handle), map);
            _structures.Add(structure);
            return;
        }

        MapSpec resolved = map.Content == MapContent.KernelConfiguration ? ConfigurationMap.Resolve(_object, map, _options.Configuration) : map;
        _maps.Add(map.Name, resolved);
        loaded.Add(PinnedMaps.OpenOrCreate(resolved, _btf.Handle, _options.PinFolder), resolved);
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
        if (_options.LeaveOut.Contains(program.Name, StringComparer.Ordinal)) return false;
        if (program.Type != BpfProgramType.StructOps) return program.IsLoaded;
        // Structures decide: what one refers to that is made is loaded, and what only others refer to has nothing to be verified against.
        MapSpec[] owners = [.. _object.Maps.Values.Where(map => map.Type == BpfMapType.StructOps && map.InitialSlots.Any(slot => slot.Target == program.Name))];
        return owners.Length == 0 ? program.IsLoaded : owners.Any(static map => map.IsMade);
    }

    // As if one were loaded after the other: what is wrong with the first that cannot be loaded is what is wrong.
    private void AddPrograms(BpfCollection loaded)
    {
        List<Func<BpfProgram>> prepared = [];
        ExceptionDispatchInfo? obstacle = null;
        foreach (ProgramSpec program in _object.Programs.Values.Where(IsWanted))
        {
            try
            {
                prepared.Add(Prepare(program, loaded.Maps));
            }
            catch (Exception problem)
            {
                obstacle = ExceptionDispatchInfo.Capture(problem);
                break;
            }
        }

        LoadTogether(loaded, prepared);
        obstacle?.Throw();
    }

    // The kernel verifies several at a time for those who may (bpf_check takes its lock for others only): a large one takes a tenth of a second.
    private static void LoadTogether(BpfCollection loaded, List<Func<BpfProgram>> prepared)
    {
        BpfProgram?[] programs = new BpfProgram?[prepared.Count];
        ExceptionDispatchInfo?[] problems = new ExceptionDispatchInfo?[prepared.Count];
        if (prepared.Count == 1) Load(0);
        else Parallel.For(0, prepared.Count, Load);
        foreach (BpfProgram? program in programs)
        {
            if (program is not null) loaded.Add(program);
        }

        problems.FirstOrDefault(static problem => problem is not null)?.Throw();

        void Load(int index)
        {
            try
            {
                programs[index] = prepared[index]();
            }
            catch (Exception problem)
            {
                problems[index] = ExceptionDispatchInfo.Capture(problem);
            }
        }
    }

    // All but the kernel's part.
    private Func<BpfProgram> Prepare(ProgramSpec program, IReadOnlyDictionary<string, BpfMap> maps)
    {
        if (program.Type == BpfProgramType.Unspec)
        {
            throw new BpfException($"program '{program.Name}' is in section '{program.SectionName}', which names no known program type: "
                + $"set {nameof(ProgramSpec)}.{nameof(ProgramSpec.Type)} before loading, or leave the program out");
        }

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
        return () =>
        {
            BpfProgram result = new ProgramLoading(_object, _btf, _options.LogLevel).Load(program, instructions, target, modules);
            BindConstants(result, maps);
            result.Usdt = _usdt;
            return result;
        };
    }

    // Tools that describe programs (bpftool) read the constants from the maps of a program, also where it refers to none of them.
    private void BindConstants(BpfProgram program, IReadOnlyDictionary<string, BpfMap> maps)
    {
        foreach (MapSpec map in _object.Maps.Values)
        {
            // Kernels before 5.10 cannot, and do without.
            if (map.Content == MapContent.ReadOnlyData && maps.TryGetValue(map.Name, out BpfMap? constants)) _ = BpfSyscall.BindMap(program.Handle, constants.Handle);
        }
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
