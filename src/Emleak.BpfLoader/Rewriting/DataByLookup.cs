using System.Buffers.Binary;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>
/// Global variables for kernels that have none (before 5.2). Constants become part of the instructions that read them; for what
/// else a function uses, it looks up the value of the data map when it begins, and keeps the address on its stack.
/// </summary>
internal sealed class DataByLookup
{
    // Such kernels take 4096. The bound is for objects that are made to take long.
    private const int MostInstructions = 1 << 17;

    private readonly ProgramSpec _program;
    private readonly BtfTypes? _types;
    private readonly IReadOnlyDictionary<string, MapSpec> _maps;
    private readonly BpfInstruction[] _code;
    private readonly CodeEdit _edit;
    private readonly Dictionary<int, DataAddress> _loads;
    private readonly List<(int Function, FunctionOpening Opening)> _openings = [];

    private DataByLookup(ProgramSpec program, BpfInstruction[] code, BtfTypes? types, IReadOnlyDictionary<string, MapSpec> maps)
    {
        _program = program;
        _types = types;
        _maps = maps;
        _code = [.. code];
        _edit = new CodeEdit(_code);
        _loads = program.MapReferences.Where(IsVariable)
            .ToDictionary(static row => row.Instruction, row => new DataAddress(row.MapName, code[row.Instruction + 1].Immediate));
    }

    /// <summary>The program without loads of addresses of variables.</summary>
    /// <param name="program">The program; it is left as it is.</param>
    /// <param name="code">Its instructions, relocated.</param>
    /// <param name="types">The object's types, by which the functions' parameters are counted; or null.</param>
    /// <param name="maps">The object's maps, with the constants that they will hold.</param>
    /// <exception cref="BpfException">There is no room on the stack, or the program would become too large.</exception>
    public static ProgramSpec Rewrite(ProgramSpec program, BpfInstruction[] code, BtfTypes? types, IReadOnlyDictionary<string, MapSpec> maps)
    {
        if (code.Length > MostInstructions) throw new BpfException($"program '{program.Name}' has {code.Length} instructions, too many for a kernel without global variables");
        DataByLookup rewrite = new(program, code, types, maps);
        int[] starts = [.. Flow.FunctionStarts(code).Union(program.Functions.Select(static row => row.Instruction)).Order()];
        for (int i = 0; i < starts.Length; i++) rewrite.RewriteFunction(starts[i], i + 1 < starts.Length ? starts[i + 1] : code.Length);
        return rewrite.Finish();
    }

    // Values of other maps, arenas, are of kernels that need none of this.
    private bool IsVariable(MapReference row) => row.IsValue && _maps[row.MapName].Content != MapContent.Declared;

    private void RewriteFunction(int start, int end)
    {
        int[] loads = [.. _loads.Keys.Where(at => at >= start && at < end).Order()];
        if (loads.Length == 0) return;
        DataAddresses addresses = DataAddresses.Follow(_code, start, end, _loads);
        for (int i = start; i < end; i += Flow.SlotsOf(_code[i])) ReplaceConstant(addresses, i);
        LiveRegisters live = LiveRegisters.Of(_code, start, end);
        bool IsUsed(int at) => (live.Before(at + 2) >> _code[at].Destination & 1) != 0;
        string[] maps = [.. loads.Where(IsUsed).Select(at => _loads[at].MapName!).Distinct(StringComparer.Ordinal)];
        FunctionOpening opening = new(_program, maps, StackUse.Of(_code, start, end), start);
        foreach (int at in loads)
        {
            // Both take the two slots that the load took.
            ReadOnlySpan<BpfInstruction> pair = IsUsed(at) ? opening.Take(_code[at].Destination, _loads[at]) : FunctionOpening.Nothing(_code[at].Destination);
            pair.CopyTo(_code.AsSpan(at));
        }

        if (maps.Length == 0) return;
        _edit.Open(start, opening.Write(live.Before(start) & ParametersOf(start)));
        _openings.Add((start, opening));
    }

    /// <summary>Puts the number itself into an instruction that reads a constant from a known place.</summary>
    private void ReplaceConstant(DataAddresses addresses, int at)
    {
        BpfInstruction load = _code[at];
        if (!BpfOpcode.IsPlainLoad(load)) return;
        DataAddress from = addresses.Of(load.Source, at);
        if (from.MapName is null || _maps[from.MapName] is not { Content: MapContent.ReadOnlyData, InitialValue: byte[] value }) return;
        int size = BpfOpcode.AccessSize(load);
        long offset = (long)from.Offset + load.Offset;
        if (offset < 0 || offset > value.Length - size) return;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        value.AsSpan((int)offset, size).CopyTo(bytes);
        ulong constant = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        BpfInstruction set = new() { Code = BpfOpcode.SetRegister, Destination = load.Destination, Immediate = unchecked((int)constant) };
        _code[at] = set;
        if (constant <= int.MaxValue) return;
        // The short form has the sign of its 32 bits.
        set.Code = BpfOpcode.LoadImmediate64;
        _edit.Replace(at, [set, new() { Immediate = unchecked((int)(constant >> 32)) }]);
    }

    /// <summary>The registers that a function is given something in, as far as the object says: a program has its context.</summary>
    private int ParametersOf(int start)
    {
        if (start == 0) return 1 << 1;
        foreach (FunctionInfo function in _program.Functions)
        {
            if (function.Instruction != start || _types is null) continue;
            int count = _types[_types[function.Type].Target].Count;
            return ((1 << Math.Min(count, 5)) - 1) << 1;
        }

        return RegisterUse.Arguments;
    }

    private ProgramSpec Finish()
    {
        ProgramSpec changed = _edit.Apply(_program);
        List<MapReference> references = [.. changed.MapReferences.Where(row => !IsVariable(row))];
        foreach ((int function, FunctionOpening opening) in _openings)
        {
            foreach ((int index, string map) in opening.Lookups)
                references.Add(new MapReference(_edit.PlaceInOpening(function, index), map, IsValue: false));
        }

        changed.MapReferences = references;
        return changed;
    }
}
