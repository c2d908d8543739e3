using Emleak.Elf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// Walks all entries of a unit once, in order, to find functions and inlined calls. No object is made for an entry; entries that
/// cannot have code are passed over with what is inside where the compiler tells their end.
/// </summary>
internal ref struct ScopeWalker
{
    // Generated code nests blocks some hundreds deep.
    private const int MaxDepth = 1 << 16;

    // Compilers stop inlining far below.
    private const int MaxInlineDepth = 1 << 10;

    private readonly Unit _unit;
    private readonly AbbreviationTable _abbreviations;
    private readonly List<Scope> _scopes;
    private readonly List<Interval> _intervals;
    private readonly Stack<(int Depth, int Scope)> _open;
    private ByteReader _reader;
    private int _depth;
    private AttributeValue _low;
    private AttributeValue _high;
    private AttributeValue _ranges;
    private AttributeValue _sibling;

    private ScopeWalker(Unit unit, ScopeBuffers buffers)
    {
        _unit = unit;
        _scopes = buffers.Scopes;
        _intervals = buffers.Intervals;
        _open = buffers.Open;
        _abbreviations = unit.Abbreviations;
        _reader = unit.Open(unit.Header.FirstEntry);
    }

    /// <exception cref="MalformedDataException">The unit is corrupt.</exception>
    public static ScopeTable Build(Unit unit, ScopeBuffers buffers)
    {
        buffers.Clear();
        ScopeWalker walker = new(unit, buffers);
        walker.Walk();
        return new ScopeTable([.. walker._scopes], buffers.Maps.Build(walker._intervals));
    }

    private void Walk()
    {
        while (_reader.Remaining > 0)
        {
            int entry = _reader.Position;
            ulong code = _reader.ReadUleb128();
            if (code == 0)
            {
                // Padding may follow the unit's own entry.
                if (_depth > 0) Leave();
                continue;
            }

            int index = _abbreviations.Find(code);
            if (index < 0) throw new MalformedDataException(".debug_info", entry, $"abbreviation {code} does not exist");
            ref readonly Abbreviation abbreviation = ref _abbreviations[index];
            RunSteps(abbreviation);
            Enter(entry, abbreviation);
        }
    }

    private void Enter(int entry, in Abbreviation abbreviation)
    {
        switch (abbreviation.Role)
        {
            case EntryRole.Function or EntryRole.Inlined:
                AddScope(entry, abbreviation);
                break;
            case EntryRole.Codeless when abbreviation.HasChildren && TrySkipChildren(entry):
            case EntryRole.Class when abbreviation.HasChildren && _open.Count == 0 && TrySkipChildren(entry):
                return;
        }

        if (!abbreviation.HasChildren) return;
        if (++_depth > MaxDepth) throw new MalformedDataException(".debug_info", entry, $"entries nest deeper than {MaxDepth}");
    }

    private void Leave()
    {
        _depth--;
        if (_open.TryPeek(out (int Depth, int Scope) innermost) && innermost.Depth == _depth) _open.Pop();
    }

    private void AddScope(int entry, in Abbreviation abbreviation)
    {
        int parent = IntervalMap.None;
        if (abbreviation.Role == EntryRole.Inlined && _open.TryPeek(out (int Depth, int Scope) innermost))
        {
            parent = innermost.Scope;
            if (_open.Count > MaxInlineDepth) throw new MalformedDataException(".debug_info", entry, $"calls are inlined deeper than {MaxInlineDepth}");
        }

        int scope = _scopes.Count;
        int ranges = _intervals.Count;
        if (abbreviation.FixedSize < 0) EntryRanges.Append(_unit, _low, _high, _ranges, scope, _intervals);
        if (ranges == _intervals.Count && !abbreviation.HasChildren) return;
        _scopes.Add(new Scope(entry, parent));
        if (abbreviation.HasChildren) _open.Push((_depth, scope));
    }

    private bool TrySkipChildren(int entry)
    {
        if (!_sibling.IsPresent || !_unit.TryGetReference(_sibling, out ulong next)) return false;
        if (next <= (ulong)entry || next < (ulong)_reader.Position || next > (ulong)_reader.Length) return false;
        _reader.Position = (int)next;
        return true;
    }

    private void RunSteps(in Abbreviation abbreviation)
    {
        _sibling = default;
        if (abbreviation.FixedSize >= 0)
        {
            _reader.Skip(abbreviation.FixedSize);
            return;
        }

        _low = _high = _ranges = default;
        foreach (ScanStep step in _abbreviations.Steps(abbreviation))
        {
            switch (step.Kind)
            {
                case ScanStepKind.Skip:
                    _reader.Skip(step.Argument);
                    break;
                case ScanStepKind.SkipLeb128:
                    _reader.SkipLeb128();
                    break;
                case ScanStepKind.SkipString:
                    _reader.ReadCString();
                    break;
                default:
                    Keep(step.Kind, FormReader.Read(ref _reader, (DwarfForm)step.Argument, 0, _unit.Format));
                    break;
            }
        }
    }

    private void Keep(ScanStepKind kind, AttributeValue value)
    {
        switch (kind)
        {
            case ScanStepKind.ReadLowPc:
                _low = value;
                break;
            case ScanStepKind.ReadHighPc:
                _high = value;
                break;
            case ScanStepKind.ReadRanges:
                _ranges = value;
                break;
            case ScanStepKind.ReadSibling:
                _sibling = value;
                break;
        }
    }
}
