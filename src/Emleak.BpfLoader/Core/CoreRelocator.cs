using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.Elf;

namespace Emleak.BpfLoader.Core;

/// <summary>
/// Adapts programs to the types of the kernel they will run on ("compile once, run everywhere"). Types are found by name,
/// without their flavour (<c>name___flavour</c>); fields by name, inside unnamed members too. What is not found makes
/// questions of existence, and sizes and ids of types, 0, and poisons every other instruction: only a program that can reach one is refused.
/// </summary>
public sealed class CoreRelocator
{
    private readonly BtfTypes _local;
    private readonly BtfTypes[] _targets;
    private readonly Lazy<IReadOnlyList<BtfTypes>> _others;
    private readonly Dictionary<BtfTypeId, List<Candidate>> _candidates = [];

    /// <summary>Prepares for programs of one object. Not safe for concurrent use.</summary>
    /// <param name="local">The object's types.</param>
    /// <param name="targets">The kernel's types, then its modules', all of which are asked where the kernel has no type of a name.</param>
    public CoreRelocator(BtfTypes local, IReadOnlyList<BtfTypes> targets)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(targets);
        _local = local;
        _targets = [.. targets.Take(1)];
        _others = new([.. targets.Skip(1)]);
    }

    /// <param name="local">The object's types.</param>
    /// <param name="kernel">The kernel's types.</param>
    /// <param name="modules">Gives its modules' types; only called where the kernel has no type of a name.</param>
    internal CoreRelocator(BtfTypes local, BtfTypes kernel, Func<IReadOnlyList<BtfTypes>> modules)
    {
        _local = local;
        _targets = [kernel];
        _others = new(modules);
    }

    /// <summary>The program's instructions, adapted. The specification is not changed.</summary>
    /// <exception cref="CoreRelocationException">Candidates disagree, or a value does not fit its instruction.</exception>
    /// <exception cref="MalformedDataException">A relocation does not fit the object's types, or a blob is inconsistent.</exception>
    public BpfInstruction[] Apply(ProgramSpec program)
    {
        ArgumentNullException.ThrowIfNull(program);
        BpfInstruction[] code = [.. program.Instructions];
        CoreBudget budget = new();
        foreach (CoreRelocation relocation in program.CoreRelocations)
        {
            if ((uint)relocation.Instruction >= (uint)code.Length)
            {
                throw new MalformedDataException(".BTF.ext", relocation.Instruction, $"CO-RE relocation of instruction {relocation.Instruction} of {code.Length}");
            }

            Relocate(code, relocation, budget);
        }

        return code;
    }

    private void Relocate(BpfInstruction[] code, in CoreRelocation relocation, CoreBudget budget)
    {
        CorePath local = CorePath.Parse(_local, relocation);
        CoreValue old = CoreEvaluator.Evaluate(local, relocation.Kind);
        if (relocation.Kind == CoreRelocationKind.TypeIdLocal)
        {
            CorePatcher.Patch(code, relocation.Instruction, old, old, isResizable: false);
            return;
        }

        (CorePath Path, CoreValue Value)? found = FindTarget(relocation, local, budget);
        if (found is { } target)
        {
            bool isResizable = IsResizable(old.Type, target.Path.Types, target.Value.Type);
            CorePatcher.Patch(code, relocation.Instruction, old, target.Value, isResizable);
        }
        else if (relocation.Kind.IsZeroWhenMissing)
        {
            CorePatcher.Patch(code, relocation.Instruction, old, default, isResizable: false);
        }
        else
        {
            CorePatcher.Poison(code, relocation.Instruction);
        }
    }

    /// <summary>The path in the target's types; all candidates that have it must give the same answer.</summary>
    private (CorePath Path, CoreValue Value)? FindTarget(in CoreRelocation relocation, CorePath local, CoreBudget budget)
    {
        CorePathMatcher matcher = new(local, relocation.Kind, budget);
        (CorePath Path, CoreValue Value)? found = null;
        foreach (Candidate candidate in CandidatesOf(relocation.Type))
        {
            budget.Spend();
            if (matcher.Match(candidate.Types, candidate.Id) is not { } path) continue;
            CoreValue value = CoreEvaluator.Evaluate(path, relocation.Kind);
            if (found is not { } first)
            {
                found = (path, value);
            }
            else if (first.Path.BitOffset != path.BitOffset || first.Value.Value != value.Value)
            {
                throw new CoreRelocationException(
                    $"instruction {relocation.Instruction}: {CoreAccessText.Describe(_local, relocation)} ({relocation.Kind}): "
                    + $"types {first.Path.Root} and {path.Root} have this name and disagree");
            }
        }

        return found;
    }

    private List<Candidate> CandidatesOf(BtfTypeId id)
    {
        if (_candidates.TryGetValue(id, out List<Candidate>? known)) return known;
        known = [];
        BtfType local = _local[id];
        if (local.NameOffset == 0) throw new MalformedDataException(".BTF.ext", 0, $"CO-RE relocation of type {id}, which has no name");
        AddCandidates(local, _targets, known);
        if (known.Count == 0) AddCandidates(local, _others.Value, known);
        _candidates[id] = known;
        return known;
    }

    private void AddCandidates(in BtfType local, IReadOnlyList<BtfTypes> targets, List<Candidate> known)
    {
        foreach (BtfTypes target in targets)
        {
            List<BtfTypeId> ids = [];
            target.FindFlavours(_local.GetString(local.NameOffset), ids);
            foreach (BtfTypeId found in ids)
            {
                if (CoreTypeComparer.AreKindsCompatible(local, target[found])) known.Add(new Candidate(target, found));
            }
        }
    }

    /// <summary>
    /// Whether a load may change its size with the field. Pointers and unsigned numbers are zero-extended either way;
    /// anything else would be read wrongly.
    /// </summary>
    private bool IsResizable(BtfTypeId old, BtfTypes types, BtfTypeId target)
    {
        BtfType mine = _local.Resolve(old);
        BtfType other = types.Resolve(target);
        if (mine.Kind == BtfKind.Pointer && other.Kind == BtfKind.Pointer) return true;
        return mine.Kind == BtfKind.Integer && other.Kind == BtfKind.Integer
            && !_local.GetInteger(mine).IsSigned && !types.GetInteger(other).IsSigned;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Candidate(BtfTypes Types, BtfTypeId Id);
}
