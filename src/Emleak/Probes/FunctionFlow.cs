using System.Globalization;
using Emleak.Symbols.Tables;

namespace Emleak.Probes;

/// <summary>
/// What runs in a function's frame: the function itself, the parts that the compiler has put elsewhere, and the functions that it ends in by
/// a jump. Calls are not followed.
/// </summary>
internal sealed class FunctionFlow
{
    // Allocators' largest have some 2,000 instructions with all that they jump to.
    private const int MostInstructions = 20_000;

    private readonly CodeReader _reader;
    private readonly ulong _start;
    private readonly ulong _end;
    private readonly SortedDictionary<ulong, CodeStep> _steps = [];
    private readonly Queue<ulong> _ahead = [];
    private readonly List<ulong> _givingArgument = [];

    private FunctionFlow(CodeReader reader, FunctionSymbol symbol)
    {
        _reader = reader;
        _start = symbol.Address;
        _end = symbol.Address + symbol.Size;
    }

    /// <summary>Where it returns, as linked; ascending.</summary>
    public IReadOnlyList<ulong> Returns => [.. _steps.Values.Where(step => step.Flow == CodeFlow.Return).Select(step => step.Address)];

    /// <summary>Jumps that it ends in, to functions that give back their first argument: the allocator's memset, mostly.</summary>
    public IReadOnlyList<ulong> JumpsThatGiveArgument => _givingArgument;

    /// <summary>Why it cannot be said where it returns: null when it can.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>All instructions, ascending.</summary>
    public IReadOnlyCollection<CodeStep> Steps => _steps.Values;

    /// <summary>Follows a function.</summary>
    public static FunctionFlow Of(CodeReader reader, FunctionSymbol symbol)
    {
        FunctionFlow flow = new(reader, symbol);
        flow.ReadWhole();
        flow.Follow();
        if (flow.Obstacle is null && flow.Returns.Count + flow._givingArgument.Count == 0) flow.Obstacle = "it never returns";
        return flow;
    }

    /// <summary>The code, as ranges of the file.</summary>
    public IReadOnlyList<CodeRange> Ranges()
    {
        List<CodeRange> ranges = [];
        foreach (CodeStep step in _steps.Values)
        {
            if (!_reader.Image.TryGetFileOffset(step.Address, out ulong start)) continue;
            ulong end = start + (ulong)step.Size;
            if (ranges.Count > 0 && start <= ranges[^1].End && start >= ranges[^1].Start) ranges[^1] = ranges[^1] with { End = Math.Max(end, ranges[^1].End) };
            else ranges.Add(new CodeRange(start, end));
        }

        return ranges;
    }

    // Where a symbol says how long the function is, nothing of it is missed, whatever jumps there.
    private void ReadWhole()
    {
        ulong address = _start;
        while (address < _end && _steps.Count <= MostInstructions)
        {
            CodeStep step = _reader.Read(address);
            _steps[address] = step;
            address = step.End;
        }

        foreach (CodeStep step in _steps.Values.ToArray()) Leave(step);
        if (_end == _start) _ahead.Enqueue(_start);
    }

    private void Follow()
    {
        while (_ahead.TryDequeue(out ulong address))
        {
            while (!_steps.ContainsKey(address) && !IsInside(address))
            {
                if (_steps.Count > MostInstructions)
                {
                    Obstacle ??= "it is too long";
                    return;
                }

                CodeStep step = _reader.Read(address);
                _steps.Add(address, step);
                Leave(step);
                if (step.Flow is not (CodeFlow.Next or CodeFlow.Call or CodeFlow.Branch) || IsEndOfFunction(step)) break;
                address = step.End;
            }
        }
    }

    private void Leave(in CodeStep step)
    {
        switch (step.Flow)
        {
            case CodeFlow.Branch or CodeFlow.Jump when !IsInside(step.Target):
                LeaveFor(step);
                break;
            case CodeFlow.IndirectJump when step.Target != 0 && _reader.TargetOf(step.Target) is ulong target:
                _ahead.Enqueue(target);
                break;
            case CodeFlow.IndirectJump when !IsTableJump(step):
                Obstacle ??= Describe(step, step.Target == 0 ? "jumps to where only a running program knows" : "jumps to another file");
                break;
            case CodeFlow.TableJump when !IsInside(step.Address):
                Obstacle ??= Describe(step, "jumps by a table, in code whose size is unknown");
                break;
        }
    }

    private void LeaveFor(in CodeStep step)
    {
        ulong? word = _reader.LinkageWord(step.Target);
        if (word is null) _ahead.Enqueue(step.Target);
        else if (_reader.TargetOf(word.Value) is ulong target) _ahead.Enqueue(target);
        else if (step.Flow == CodeFlow.Jump && _reader.GivesArgument(word.Value)) _givingArgument.Add(step.Address);
        else Obstacle ??= Describe(step, "jumps to another file");
    }

    private bool IsInside(ulong address) => address >= _start && address < _end;

    /// <summary>A function that jumps to another one has given back its frame. In a frame, a jump goes on within the function.</summary>
    private bool IsTableJump(in CodeStep step) =>
        IsInside(step.Address) && step.Target == 0 && (ComesFromTable(step.Address) || _reader.Rows.Find(step.Address) is { CfaOffset: > 8 });

    // add table, offset; jmp *table.
    private bool ComesFromTable(ulong address)
    {
        foreach (ulong before in (ulong[])[address - 3, address - 4])
        {
            if (_steps.TryGetValue(before, out CodeStep step) && step.End == address && IsAddition(before)) return true;
        }

        return false;
    }

    private bool IsAddition(ulong address)
    {
        if (!_reader.Image.TryGetFileOffset(address, out ulong offset)) return false;
        ReadOnlySpan<byte> code = _reader.Bytes(offset);
        return _reader.Image.Machine == Elf.ElfMachine.X64 ? code[1] is 0x01 or 0x03 : (BitConverter.ToUInt32(code) & 0x1f000000) == 0x0b000000;
    }

    /// <summary>
    /// What is called last may never return: then the next function follows. Its first row is that of a frame that is not there yet, without
    /// any instruction that would have taken it down.
    /// </summary>
    private bool IsEndOfFunction(in CodeStep step) =>
        step.Flow == CodeFlow.Call && _reader.Rows.Find(step.Address) != _reader.Rows.Find(step.End);

    private string Describe(in CodeStep step, string what) => step.Address >= _start && step.Address - _start < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"+{step.Address - _start} {what}")
        : string.Create(CultureInfo.InvariantCulture, $"what it goes on to, at 0x{step.Address:x}, {what}");
}
