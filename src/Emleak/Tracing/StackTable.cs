using System.Runtime.CompilerServices;
using Emleak.Analysis;
using Emleak.BpfLoader.Maps;
using Emleak.Symbols;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>The call paths seen so far, with names, by the number that the BPF programs gave them.</summary>
internal sealed class StackTable
{
    // What the programs count under number 0.
    private static readonly Frame Overflow = Say("[STACK TABLE FULL]");

    private readonly BpfMap<uint, Stack> _stacks;
    private readonly Symbolizer _symbolizer;
    private readonly Frame[] _remark;
    private readonly Dictionary<int, NamedStack> _named = [];

    /// <param name="stacks">The programs' map.</param>
    /// <param name="symbolizer">Names the process's addresses.</param>
    /// <param name="selection">What counts: where it is not all, an outermost frame says so, in every format that has frames.</param>
    public StackTable(BpfMap<uint, Stack> stacks, Symbolizer symbolizer, Selection selection)
    {
        _stacks = stacks;
        _symbolizer = symbolizer;
        _remark = selection.Selects ? [Say($"[{selection}]")] : [];
    }

    /// <summary>The stack with a number that <see cref="Learn"/> has learned.</summary>
    public NamedStack this[int number] => _named[number];

    public int Count => _named.Count;

    public IEnumerable<NamedStack> All => _named.Values;

    /// <summary>Room for different stacks when nothing else is asked for. Each takes a kilobyte of the kernel's memory when it comes.</summary>
    public const int DefaultCapacity = 65535;

    /// <summary>Where a deeper stack is cut.</summary>
    public static int MaxFrames { get; } = Unsafe.SizeOf<Stack.FramesArray>() / sizeof(ulong);

    /// <summary>Set when the process runs another program by now: what it has mapped has nothing to do with these stacks.</summary>
    public bool IsOfThePast { get; set; }

    public bool Knows(int number) => _named.ContainsKey(number);

    /// <summary>Gives names to stacks not seen before, while the process still shows its modules.</summary>
    public void Learn(IReadOnlyCollection<int> numbers)
    {
        if (numbers.Count == 0) return;
        if (!IsOfThePast) _symbolizer.Refresh();
        foreach (int number in numbers)
        {
            if (number == 0) _named[number] = new NamedStack([Overflow, .. _remark], StackEnding.Lost);
            else if (_stacks.TryLookup((uint)number, out Stack stack) && stack.Depth > 0) _named[number] = Name(in stack);
        }
    }

    /// <summary>Adds files, lines and inlined calls to the frames of stacks. May take long: debug information is read, or fetched.</summary>
    public void AddSources(IEnumerable<int> numbers)
    {
        int[] wanted = [.. numbers.Where(Knows)];
        Frame[] frames = Symbolizer.AddSources([.. wanted.SelectMany(number => _named[number].Frames)]);
        int next = 0;
        foreach (int number in wanted)
        {
            NamedStack stack = _named[number];
            _named[number] = stack with { Frames = frames[next..(next += stack.Frames.Count)] };
        }
    }

    /// <summary>How all stacks ended, those included that hold nothing any more.</summary>
    /// <param name="totals">What was allocated on each.</param>
    /// <param name="maxDepth">Where they were cut.</param>
    public WalkEndings ReadEndings(TotalsTable totals, int maxDepth)
    {
        WalkEndings endings = new(maxDepth);
        MapEntries<uint, Stack> stacks = _stacks.ReadAll();
        for (int i = 0; i < stacks.Count; i++)
        {
            ref readonly Stack stack = ref stacks.Values[i];
            if (stack.Depth == 0) continue;
            ulong last = stack.Frames[(int)stack.Depth - 1];
            ulong bytes = totals.Read((int)stacks.Keys[i]).Allocated;
            if (stack.Ending != StackEnding.Lost) endings.Add(stack.Ending, bytes, lostIn: null);
            else if (IsOutermost(last)) endings.Add(StackEnding.Complete, bytes, lostIn: null);
            else endings.Add(StackEnding.Lost, bytes, _symbolizer.Symbolize(last, AddressKind.Return).Module ?? "code that belongs to no file");
        }

        return endings;
    }

    // A frame that is no function's.
    private static Frame Say(string text) => new() { Address = 0, Kind = AddressKind.Exact, Function = text };

    private NamedStack Name(in Stack stack)
    {
        ReadOnlySpan<ulong> addresses = stack.Frames;
        Frame[] frames = _symbolizer.Symbolize(addresses[..(int)stack.Depth], AddressKind.Return);
        return new NamedStack([.. frames, .. _remark], stack.Ending);
    }

    // The C library's own first frames are built without frame pointers: a walk by these alone cannot see that they are the last.
    private bool IsOutermost(ulong address) => _symbolizer.Symbolize(address, AddressKind.Return).Function
        is "_start" or "__libc_start_main" or "__libc_start_call_main" or "start_thread" or "clone" or "__clone3" or "clone3";
}
