using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>Puts instructions into a program. Jumps, calls, and what is known of the instructions move along.</summary>
internal sealed class CodeEdit(BpfInstruction[] code)
{
    private readonly Dictionary<int, BpfInstruction[]> _openings = [];
    private readonly Dictionary<int, BpfInstruction[]> _replacements = [];
    private readonly int[] _starts = new int[code.Length + 1];
    private readonly int[] _bodies = new int[code.Length + 1];

    /// <summary>Lets a function begin with other instructions. Calls run them; jumps to its old beginning do not.</summary>
    public void Open(int function, BpfInstruction[] with) => _openings.Add(function, with);

    /// <summary>Puts others in the place of an instruction of one slot, which is no jump and no call.</summary>
    public void Replace(int at, BpfInstruction[] with) => _replacements.Add(at, with);

    /// <summary>The program with the changes; the specification that is given is left as it is.</summary>
    /// <exception cref="BpfException">A jump would have to go further than jumps go.</exception>
    public ProgramSpec Apply(ProgramSpec program)
    {
        LayOut();
        var changed = new BpfInstruction[_starts[^1]];
        for (int i = 0; i < code.Length; i++)
        {
            if (_openings.TryGetValue(i, out BpfInstruction[]? opening)) opening.CopyTo(changed, _starts[i]);
            if (_replacements.TryGetValue(i, out BpfInstruction[]? others)) others.CopyTo(changed, _bodies[i]);
            else changed[_bodies[i]] = Moved(program, i);
        }

        ProgramSpec copy = program.Copy();
        copy.Instructions = changed;
        copy.MapReferences = [.. program.MapReferences.Select(row => row with { Instruction = _bodies[row.Instruction] })];
        copy.ExternReferences = [.. program.ExternReferences.Select(row => row with { Instruction = _bodies[row.Instruction] })];
        copy.CoreRelocations = [.. program.CoreRelocations.Select(row => row with { Instruction = _bodies[row.Instruction] })];
        copy.Functions = [.. program.Functions.Select(row => row with { Instruction = _starts[row.Instruction] })];
        copy.Lines = [.. program.Lines.Select(row => row with { Instruction = _starts[row.Instruction] })];
        return copy;
    }

    /// <summary>Where an instruction that was put in came to lie.</summary>
    public int PlaceInOpening(int function, int index) => _starts[function] + index;

    private void LayOut()
    {
        int at = 0;
        for (int i = 0; i < code.Length; i++)
        {
            _starts[i] = at;
            at += _openings.GetValueOrDefault(i)?.Length ?? 0;
            _bodies[i] = at;
            at += _replacements.GetValueOrDefault(i)?.Length ?? 1;
        }

        _starts[^1] = _bodies[^1] = at;
    }

    private BpfInstruction Moved(ProgramSpec program, int at)
    {
        BpfInstruction one = code[at];
        // The second slot of a wide load is no instruction, whatever it looks like: it has no code.
        if (Flow.TryGetFunction(code, at, out int function)) one.Immediate = _starts[function] - _bodies[at] - 1;
        if (!Flow.TryGetJump(one, at, out int target) || (uint)target > (uint)code.Length) return one;
        int distance = _bodies[target] - _bodies[at] - 1;
        if (Flow.IsLongJump(one)) one.Immediate = distance;
        else if (distance is >= short.MinValue and <= short.MaxValue) one.Offset = (short)distance;
        else throw new BpfException($"program '{program.Name}' is too large for what this kernel needs in it: a jump goes over {distance} instructions");
        return one;
    }
}
