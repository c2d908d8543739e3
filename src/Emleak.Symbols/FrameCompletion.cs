namespace Emleak.Symbols;

/// <summary>Frames that were located and are to be named: module by module, several at a time.</summary>
internal sealed class FrameCompletion(SymbolizeOptions options)
{
    private readonly Dictionary<ModuleSymbols, List<(int Place, Frame Frame)>> _open = [];
    private readonly List<(int Place, Frame Frame)> _complete = [];

    /// <param name="place">Where in the result it goes.</param>
    /// <param name="frame">The frame.</param>
    public void Add(int place, Frame frame)
    {
        if (frame.Symbols is null)
        {
            _complete.Add((place, frame));
            return;
        }

        if (!_open.TryGetValue(frame.Symbols, out List<(int Place, Frame Frame)>? group)) _open.Add(frame.Symbols, group = []);
        group.Add((place, frame));
    }

    /// <summary>Names the frames.</summary>
    public void CompleteInto(Frame[] frames)
    {
        foreach ((int place, Frame frame) in _complete) frames[place] = frame;
        if (_open.Count < 2)
        {
            foreach ((ModuleSymbols symbols, List<(int Place, Frame Frame)> group) in _open) Complete(symbols, group, frames);
            return;
        }

        Parallel.ForEach(_open, module => Complete(module.Key, module.Value, frames));
    }

    private void Complete(ModuleSymbols symbols, List<(int Place, Frame Frame)> group, Frame[] frames)
    {
        foreach ((int place, Frame frame) in group) frames[place] = Complete(symbols, frame);
    }

    private Frame Complete(ModuleSymbols symbols, Frame frame)
    {
        try
        {
            return symbols.Complete(frame, options);
        }
        catch (OutOfMemoryException)
        {
            // Below the limits, but this machine has less: a name is not worth the trace.
            return frame with { Reason = MissingReason.FileMalformed, Detail = "limit reached: no memory for the file's tables" };
        }
    }
}
