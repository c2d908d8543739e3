using System.Runtime.CompilerServices;
using Emleak.BpfLoader.Maps;
using Emleak.Symbols;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>The call paths seen so far: a small number and names for each key that the BPF programs gave.</summary>
internal sealed class StackTable
{
    /// <summary>The key under which the BPF programs count what found no room in their table of stacks.</summary>
    public const ulong OverflowKey = 0;

    private static readonly NamedStack Overflow = new([new NamedFrame("[STACK TABLE FULL]", 0)], StackEnding.Lost);

    private readonly BpfMap<ulong, Stack> _stacks;
    private readonly Symbolizer _symbolizer;
    private readonly Dictionary<ulong, int> _ids = [];
    private readonly List<NamedStack> _named = [];

    public StackTable(BpfMap<ulong, Stack> stacks, Symbolizer symbolizer)
    {
        _stacks = stacks;
        _symbolizer = symbolizer;
    }

    /// <summary>The stack with a number that <see cref="TryGetId"/> gave.</summary>
    public NamedStack this[int id] => _named[id - 1];

    public int Count => _named.Count;

    /// <summary>Where a deeper stack is cut.</summary>
    public static int MaxFrames { get; } = Unsafe.SizeOf<Stack.FramesArray>() / sizeof(ulong);

    public IEnumerable<NamedStack> All => _named;

    public bool TryGetId(ulong key, out int id) => _ids.TryGetValue(key, out id);

    /// <summary>Gives numbers and names to keys not seen before, while the process still shows its modules.</summary>
    public void Learn(IReadOnlyCollection<ulong> keys)
    {
        if (keys.Count == 0) return;
        _symbolizer.Refresh();
        foreach (ulong key in keys)
        {
            if (_ids.ContainsKey(key)) continue;
            if (key == OverflowKey) Add(key, Overflow);
            else if (_stacks.TryLookup(key, out Stack stack) && stack.Depth > 0) Add(key, Name(in stack));
        }
    }

    private void Add(ulong key, NamedStack stack)
    {
        _named.Add(stack);
        _ids.Add(key, _named.Count);
    }

    private NamedStack Name(in Stack stack)
    {
        ReadOnlySpan<ulong> addresses = stack.Frames;
        Frame[] frames = _symbolizer.Symbolize(addresses[..(int)stack.Depth], AddressKind.Return);
        return new NamedStack([.. frames.Select(NameOf)], IsOutermost(frames[^1].Function) ? StackEnding.Complete : stack.Ending);
    }

    // The C library's own first frames are built without frame pointers: the walk cannot see that they are the last.
    private static bool IsOutermost(string? function) =>
        function is "_start" or "__libc_start_main" or "__libc_start_call_main" or "start_thread" or "clone" or "__clone3" or "clone3";

    private static NamedFrame NameOf(Frame frame)
    {
        if (frame.Function is not null) return new NamedFrame(frame.Function, frame.Offset);
        if (frame.Module is null) return new NamedFrame("[UNKNOWN]", 0);
        string module = frame.Module.StartsWith('[') ? frame.Module : $"[{Path.GetFileName(frame.Module)}]";
        return new NamedFrame(module, frame.ModuleAddress);
    }
}
