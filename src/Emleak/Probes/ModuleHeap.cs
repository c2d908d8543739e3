using Emleak.Elf;
using Emleak.Symbols.Tables;
using Iced.Intel;

namespace Emleak.Probes;

/// <summary>What the functions of a module that have allocators' names are together: an allocator, or something that only looks like one.</summary>
internal sealed class ModuleHeap
{
    private readonly ElfImage _image;
    private readonly bool _hasAllocator;
    private readonly HashSet<ulong> _callees;
    private readonly HashSet<ulong> _forwarding = [];

    public ModuleHeap(ElfImage image, IReadOnlyList<FoundFunction> found)
    {
        _image = image;
        FoundFunction[] heap = [.. found.Where(function => function.Function.Kind == FunctionKind.Heap)];
        _hasAllocator = IsCs(heap) || IsPair(heap);
        _callees = [.. heap.Select(function => function.Symbol.Address)];
        AddForwarding(found.Where(function => function.Function.Kind == FunctionKind.Operator).ToList());
    }

    /// <summary>Why a function of the module gets no probe; null when it gets one.</summary>
    public string? WhyNot(FoundFunction found)
    {
        bool isLocal = found.Symbol.Binding == ElfSymbolBinding.Local;
        return found.Function.Kind switch
        {
            // A single function of such a name may be anything; what only wraps the functions of an allocator needs no probe.
            FunctionKind.Heap when !_hasAllocator => "a function that happens to have the name: the module has no malloc and free of its own",
            FunctionKind.Mapping when isLocal => "the file's own way into the kernel",
            FunctionKind.Operator when !_hasAllocator => "the module has no allocator of its own: it calls malloc and free",
            FunctionKind.Operator when _forwarding.Contains(found.Symbol.Address) => "it calls the module's own malloc and free",
            _ => null,
        };
    }

    // ISO C 7.1.3 reserves the name, so it is nothing else. A static program that never calls free has none.
    private static bool IsCs(IEnumerable<FoundFunction> heap) =>
        heap.Any(static function => function.Symbol.Name == "malloc" && function.Symbol.Binding != ElfSymbolBinding.Local);

    private static bool IsPair(IEnumerable<FoundFunction> heap)
    {
        FunctionSymbol[] symbols = [.. heap.Select(function => function.Symbol)];
        return symbols.Any(symbol => symbol.Name.EndsWith("malloc", StringComparison.OrdinalIgnoreCase))
            && symbols.Any(symbol => symbol.Name.EndsWith("free", StringComparison.OrdinalIgnoreCase));
    }

    // operator new[] calls operator new, which calls malloc: a few rounds find them all.
    private void AddForwarding(List<FoundFunction> operators)
    {
        int before;
        do
        {
            before = _callees.Count;
            foreach (FoundFunction found in operators)
            {
                if (_callees.Contains(found.Symbol.Address) || !Forwards(found.Symbol)) continue;
                _callees.Add(found.Symbol.Address);
                _forwarding.Add(found.Symbol.Address);
            }
        }
        while (_callees.Count > before);
    }

    /// <summary>
    /// True for a function that runs straight into one of the others. An allocator's own operator has its fast path first, and
    /// calls others on its slow one.
    /// </summary>
    private bool Forwards(FunctionSymbol symbol)
    {
        if (_image.Machine != ElfMachine.X64) return false;
        ReadOnlySpan<byte> code = FunctionCode.Of(_image, symbol);
        Decoder decoder = Decoder.Create(64, code.ToArray(), symbol.Address);
        while (decoder.IP < symbol.Address + (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.FlowControl == FlowControl.Next) continue;
            bool isDirect = instruction.FlowControl is FlowControl.Call or FlowControl.UnconditionalBranch && instruction.Op0Kind == OpKind.NearBranch64;
            return isDirect && _callees.Contains(instruction.NearBranchTarget);
        }

        return false;
    }
}
