using System.Runtime.InteropServices;
using Emleak.BpfLoader.Core;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// Puts the functions that a program reaches behind it and lets calls point to where they came to lie. What
/// <c>.BTF.ext</c> says about the functions moves along.
/// </summary>
internal sealed class ProgramLinker
{
    private readonly LinkContext _context;
    private readonly List<BpfInstruction> _code = [];
    private readonly Dictionary<ObjectFunction, int> _starts = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<(ObjectFunction Function, int Slot)> _pending = new();
    private readonly List<(int Instruction, ObjectFunction Target)> _calls = [];
    private readonly List<MapReference> _maps = [];
    private readonly List<ExternReference> _externs = [];
    private readonly List<CoreRelocation> _relocations = [];
    private readonly List<FunctionInfo> _functions = [];
    private readonly List<LineInfo> _lines = [];

    private ProgramLinker(LinkContext context) => _context = context;

    public static void Link(LinkContext context, ObjectFunction program, ProgramSpec spec)
    {
        ProgramLinker linker = new(context);
        linker.Reach(program);
        linker.FollowReferences();
        if (context.ExceptionCallbackOf(program) is { } callback)
        {
            // Nothing calls it: the kernel finds it by its name, among the program's functions.
            linker.Reach(callback);
            linker.FollowReferences();
        }

        foreach ((int instruction, ObjectFunction target) in linker._calls)
        {
            CollectionsMarshal.AsSpan(linker._code)[instruction].Immediate = linker._starts[target] - instruction - 1;
        }

        spec.Instructions = [.. linker._code];
        spec.MapReferences = linker._maps;
        spec.ExternReferences = linker._externs;
        spec.CoreRelocations = linker._relocations;
        // The kernel takes function information for all functions or for none, and lines only where every function's first has one.
        if (linker._functions.Count != linker._starts.Count) return;
        spec.Functions = linker._functions;
        if (linker._starts.Values.All(linker.HasLine)) spec.Lines = linker._lines;
    }

    private bool HasLine(int instruction) =>
        CollectionsMarshal.AsSpan(_lines).BinarySearch(new LineAt(instruction)) >= 0;

    private void Reach(ObjectFunction function)
    {
        if (_starts.ContainsKey(function)) return;
        _context.Take(function);
        int start = _code.Count;
        _starts[function] = start;
        _code.AddRange(function.Section.Instructions.AsSpan(function.Start, function.Length));
        MoveExtension(function, start);
        _pending.Push((function, 0));
    }

    /// <summary>
    /// A function's callees follow it before those of its caller that are called later: the order in which libbpf lays
    /// functions out, so that both give the same programs.
    /// </summary>
    private void FollowReferences()
    {
        while (_pending.TryPop(out (ObjectFunction Function, int Slot) at))
        {
            if (at.Slot >= at.Function.Length) continue;
            bool isWide = _code[_starts[at.Function] + at.Slot].Code == BpfOpcode.LoadImmediate64;
            // The second slot of a wide load is no instruction, whatever it looks like.
            _pending.Push((at.Function, at.Slot + (isWide ? 2 : 1)));
            Follow(at.Function, at.Slot);
        }
    }

    private void Follow(ObjectFunction function, int slot)
    {
        int linked = _starts[function] + slot;
        bool isRelocated = function.Section.Relocations.TryGetValue(function.Start + slot, out ObjectRelocation relocation);
        if (BpfOpcode.IsLocalCall(_code[linked])) AddCall(function, slot, linked, isRelocated ? relocation : null);
        else if (isRelocated) AddLoad(function, slot, linked, relocation);
    }

    private void AddCall(ObjectFunction function, int slot, int linked, ObjectRelocation? relocation)
    {
        BpfInstruction call = _code[linked];
        ObjectFunction target;
        if (relocation is not { } by)
        {
            target = function.Section.FunctionAt((long)function.Start + slot + call.Immediate + 1);
        }
        else
        {
            ObjectSymbol symbol = _context.Symbol(by);
            if (_context.Extern(symbol) is { Kind: ExternKind.Function } kernels)
            {
                call.Source = BpfOpcode.SourceKernelCall;
                call.Immediate = 0;
                _code[linked] = call;
                _externs.Add(new ExternReference(linked, kernels.Name));
                return;
            }

            CodeSection section = _context.CodeOf(symbol, function, by);
            target = section.FunctionAt((long)(symbol.Offset / ObjectFile.InstructionSize) + call.Immediate + 1);
        }

        Reach(target);
        _calls.Add((linked, target));
    }

    private void AddLoad(ObjectFunction function, int slot, int linked, ObjectRelocation relocation)
    {
        ObjectSymbol symbol = _context.Symbol(relocation);
        BpfInstruction load = _code[linked];
        if (relocation.Type != ObjectRelocation.Load || load.Code != BpfOpcode.LoadImmediate64 || slot + 1 >= function.Length)
        {
            throw LinkContext.Refuse(function, slot, $"reference to {symbol.Name} (relocation type {relocation.Type}) of instruction 0x{load.Code:x2}");
        }

        long offset = (long)symbol.Offset + load.Immediate;
        int second = 0;
        if (_context.Extern(symbol) is { Kind: ExternKind.Configuration } value)
        {
            load.Source = BpfOpcode.SourceMapValue;
            second = _context.ConfigurationOffset(value);
            _maps.Add(new MapReference(linked, ExternDeclarations.Configuration, IsValue: true));
        }
        else if (_context.Extern(symbol) is { } kernels)
        {
            _externs.Add(new ExternReference(linked, kernels.Name));
        }
        else if (_context.DeclaredMaps(symbol, offset) is { } map)
        {
            load.Source = BpfOpcode.SourceMap;
            _maps.Add(new MapReference(linked, map, IsValue: false));
        }
        else if (_context.DataMap(symbol, offset) is { } data)
        {
            load.Source = BpfOpcode.SourceMapValue;
            second = (int)offset;
            _maps.Add(new MapReference(linked, data, IsValue: true));
        }
        else
        {
            ObjectFunction target = _context.CodeOf(symbol, function, relocation).FunctionAt(WholeSlot(function, slot, offset));
            load.Source = BpfOpcode.SourceFunction;
            Reach(target);
            _calls.Add((linked, target));
        }

        load.Immediate = 0;
        _code[linked] = load;
        CollectionsMarshal.AsSpan(_code)[linked + 1].Immediate = second;
    }

    private static long WholeSlot(ObjectFunction function, int slot, long offset)
    {
        if (offset % ObjectFile.InstructionSize == 0) return offset / ObjectFile.InstructionSize;
        throw LinkContext.Refuse(function, slot, $"address 0x{offset:x} inside an instruction");
    }

    private void MoveExtension(ObjectFunction function, int start)
    {
        ExtensionSection extension = function.Section.Extension;
        int shift = start - function.Start;
        foreach (FunctionInfo info in Range(extension.Functions, function, row => row.Instruction))
        {
            if (info.Instruction == function.Start) _functions.Add(info with { Instruction = start });
        }

        foreach (LineInfo line in Range(extension.Lines, function, row => row.Instruction))
        {
            _lines.Add(line with { Instruction = line.Instruction + shift });
        }

        foreach (CoreRelocation relocation in Range(extension.Relocations, function, row => row.Instruction))
        {
            _relocations.Add(relocation with { Instruction = relocation.Instruction + shift });
        }
    }

    /// <summary>The rows that belong to a function, of rows in ascending order.</summary>
    private static ReadOnlySpan<T> Range<T>(List<T> rows, ObjectFunction function, Func<T, int> slotOf)
    {
        int first = LowerBound(rows, function.Start, slotOf);
        int end = LowerBound(rows, function.Start + function.Length, slotOf);
        return CollectionsMarshal.AsSpan(rows)[first..end];
    }

    private static int LowerBound<T>(List<T> rows, int slot, Func<T, int> slotOf)
    {
        int low = 0;
        int high = rows.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (slotOf(rows[middle]) < slot) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly struct LineAt(int instruction) : IComparable<LineInfo>
    {
        private readonly int _instruction = instruction;

        public int CompareTo(LineInfo other) => _instruction.CompareTo(other.Instruction);
    }
}
