using System.Runtime.CompilerServices;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Symbols;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>The call paths seen so far, with names, by the number that the BPF programs gave them.</summary>
internal sealed class StackTable
{
    // What gdb says, too.
    private const string SignalHandlerCalled = "<signal handler called>";

    private readonly BpfCollection _programs;
    private readonly BpfMap<uint, Stack> _stacks;
    private readonly StackStore _store = new();
    private readonly Symbolizer _symbolizer;
    private readonly Dictionary<int, NamedStack> _named = [];

    /// <param name="programs">What gives stacks their numbers.</param>
    /// <param name="symbolizer">Names the process's addresses.</param>
    public StackTable(BpfCollection programs, Symbolizer symbolizer)
    {
        _programs = programs;
        _stacks = programs.Maps["stacks"].As<uint, Stack>();
        _symbolizer = symbolizer;
    }

    /// <summary>The stack with a number that <see cref="Learn"/> has learned.</summary>
    public NamedStack this[int number] => _named[number];

    /// <summary>Room for different stacks when nothing else is asked for.</summary>
    public const int DefaultCapacity = (int)Limits.MaxStacks - 1;

    /// <summary>Where a deeper stack is cut.</summary>
    public static int MaxFrames { get; } = Unsafe.SizeOf<Stack.FramesArray>() / sizeof(ulong);

    /// <summary>Set when the process runs another program by now: what it has mapped has nothing to do with these stacks.</summary>
    public bool IsOfThePast { get; set; }

    public bool Knows(int number) => _named.ContainsKey(number);

    /// <summary>Gives the programs' maps their sizes, before they are made.</summary>
    public static void Prepare(BpfObject spec, int capacity)
    {
        // Number 0 is for those that find no room.
        uint numbers = (uint)capacity + 1;
        spec.SetConstant("max_stacks", numbers);
        spec.Maps["stacks"].MaxEntries = Math.Min(numbers, (uint)Limits.MaxWaitingStacks);
        foreach (string map in (string[])["stack_numbers", "totals"]) spec.Maps[map].MaxEntries = numbers;
        // Random bits from the kernel. The class library's other way to them loads OpenSSL, and with it a second C library into a static program.
        ReadOnlySpan<byte> seeds = Guid.NewGuid().ToByteArray();
        spec.SetConstant("hash_seed_low", BitConverter.ToUInt64(seeds));
        spec.SetConstant("hash_seed_high", BitConverter.ToUInt64(seeds[sizeof(ulong)..]));
    }

    /// <summary>
    /// When many stacks are in the kernel that were not fetched yet, fetches their frames, to make room there. They need no names yet: most
    /// hold nothing any more.
    /// </summary>
    public void FetchWaiting()
    {
        uint start = _programs.ReadVariable<uint>("fetched_stacks");
        uint end = _programs.ReadVariable<uint>("next_stack");
        // The hint of the next number may be set back by a thread that was held up.
        if (end > start && end - start >= (uint)Limits.WaitingStacks)
        {
            // First, so that the programs do not take a number for a free one because its stack is gone.
            _programs.WriteVariable("fetched_stacks", end);
            for (uint number = start; number < end; number++)
            {
                if (_stacks.TryTake(number, out Stack stack) && stack.Depth > 0) _store.Add((int)number, stack);
            }
        }

        _programs.WriteVariable("asks_to_fetch", (byte)0);
    }

    /// <summary>Gives names to stacks not seen before, while the process still shows its modules.</summary>
    public void Learn(IReadOnlyCollection<int> numbers)
    {
        if (numbers.Count == 0) return;
        if (!IsOfThePast) _symbolizer.Refresh();
        foreach (int number in numbers)
        {
            // What the programs count under number 0 has no frames.
            if (number == 0) _named[number] = new NamedStack([], StackEnding.Lost);
            else if (TryFetch(number)) _named[number] = Name(number);
        }
    }

    private bool TryFetch(int number)
    {
        if (_store.Contains(number)) return true;
        if (!_stacks.TryLookup((uint)number, out Stack stack) || stack.Depth == 0) return false;
        _store.Add(number, stack);
        return true;
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
        MapEntries<uint, Stack> waiting = _stacks.ReadAll();
        for (int i = 0; i < waiting.Count; i++)
        {
            if (waiting.Values[i].Depth > 0) _store.Add((int)waiting.Keys[i], waiting.Values[i]);
        }

        foreach ((int number, StackEnding ending, ulong outermost) in _store.All)
        {
            ulong bytes = totals.Read(number).Allocated;
            if (ending != StackEnding.Lost) endings.Add(ending, bytes, lostIn: null);
            else if (EndOf(ending, outermost) == StackEnding.Complete) endings.Add(StackEnding.Complete, bytes, lostIn: null);
            else endings.Add(StackEnding.Lost, bytes, _symbolizer.Symbolize([AddressOf(outermost)])[0].Module ?? "code that belongs to no file");
        }

        return endings;
    }

    private NamedStack Name(int number)
    {
        (ulong[] words, StackEnding ending) = _store.Get(number);
        Frame[] frames = _symbolizer.Symbolize([.. words.Select(AddressOf)]);
        for (int i = 0; i < frames.Length; i++)
        {
            if (KindOf(words[i]) != FrameKind.Signal) continue;
            frames[i] = new Frame { Address = frames[i].Address, Kind = AddressKind.Exact, Function = SignalHandlerCalled, Module = frames[i].Module };
        }

        return new NamedStack(frames, EndOf(ending, words[^1]));
    }

    private static FrameKind KindOf(ulong frame) => (FrameKind)(frame >> (int)FrameBits.KindShift);

    private static CodeAddress AddressOf(ulong frame)
    {
        const int AddressBits = (int)FrameBits.AddressBits;
        const int IncarnationMask = (1 << (int)FrameBits.IncarnationBits) - 1;
        AddressKind kind = KindOf(frame) == FrameKind.Return ? AddressKind.Return : AddressKind.Exact;
        return new CodeAddress(frame & ((1UL << AddressBits) - 1), kind, (int)(frame >> AddressBits) & IncarnationMask);
    }

    // The C library's own first frames are built without frame pointers: a walk by these alone cannot see that they are the last.
    private StackEnding EndOf(StackEnding ending, ulong outermost) => ending == StackEnding.Lost && _symbolizer.Symbolize([AddressOf(outermost)])[0].Function
        is "_start" or "__libc_start_main" or "__libc_start_call_main" or "start_thread" or "clone" or "__clone3" or "clone3" ? StackEnding.Complete : ending;
}
