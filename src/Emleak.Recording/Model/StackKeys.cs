namespace Emleak.Recordings.Model;

/// <summary>Makes the keys of a recording's stacks, each function and node once.</summary>
internal sealed class StackKeys
{
    private static readonly ulong Unknown = StackKey.HashOf(FunctionIdentity.Of(module: null, 0));

    private readonly List<ulong> _functions = [];
    private readonly List<StackKey> _nodes = [];

    /// <summary>The keys of nodes, by their index. Those that are new since the last time are added.</summary>
    public IReadOnlyList<StackKey> Of(ReadOnlySpan<StackNode> nodes, ReadOnlySpan<Frame> frames, ReadOnlySpan<Function> functions, ReadOnlySpan<Module> modules)
    {
        for (int i = _functions.Count; i < functions.Length; i++) _functions.Add(StackKey.HashOf(FunctionIdentity.Of(functions[i])));
        for (int i = _nodes.Count; i < nodes.Length; i++)
        {
            StackKey caller = nodes[i].Parent < 0 ? StackKey.Root : _nodes[nodes[i].Parent];
            _nodes.Add(Of(caller, frames[nodes[i].Frame], modules));
        }

        return _nodes;
    }

    private StackKey Of(StackKey caller, Frame frame, ReadOnlySpan<Module> modules)
    {
        ulong own = frame.Function >= 0
            ? _functions[frame.Function]
            : StackKey.HashOf(FunctionIdentity.Of(frame.Module < 0 ? null : modules[frame.Module], frame.ModuleAddress));
        StackKey key = caller.Below(own);
        // The outermost of the inlined calls stands last.
        for (int i = frame.Inlined.Count - 1; i >= 0; i--)
        {
            int function = frame.Inlined[i].Function;
            key = key.Below(function < 0 ? Unknown : _functions[function]);
        }

        return key;
    }
}
