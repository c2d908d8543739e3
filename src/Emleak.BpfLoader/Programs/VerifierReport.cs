using Emleak.BpfLoader.Abi;
using System.Globalization;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>Makes of a verifier log, which may be megabytes, the few lines that a person needs.</summary>
internal static class VerifierReport
{
    private const int MostReasonLines = 5;

    private static readonly string PoisonHelper = CorePatcher.PoisonHelper.ToString(CultureInfo.InvariantCulture);

    // What the verifier writes after the reason, or between the instruction and the reason, without saying why it refuses.
    private static readonly string[] Noise =
        ["processed ", "verification time ", "stack depth ", "mark_precise:", "from ", "arg#", ";"];

    public static VerifierException Describe(BpfObject spec, ProgramSpec program, Errno errno, string log, string? typesRefusal = null)
    {
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int last = Array.FindLastIndex(lines, IsInstruction);
        string reason = ReasonIn(lines, last);
        string message = $"the kernel refuses program '{program.Name}': {errno.Describe()}";
        if (LoadAdvice.For(errno) is string advice && log.Length == 0) message += $" ({advice})";
        // Some kernels refuse these to everybody.
        if (errno == Errno.NotPermitted && log.Length == 0 && program.Type is BpfProgramType.Tracing or BpfProgramType.Lsm or BpfProgramType.Ext)
            message += $"{Environment.NewLine}  programs of section '{program.SectionName}' are called from the kernel's own code, which is patched for it; kprobes and tracepoints may be allowed where that is not";
        if (reason.Length > 0) message += $"{Environment.NewLine}  {reason}";
        if (last >= 0)
        {
            int instruction = InstructionNumber(lines[last]);
            message += $"{Environment.NewLine}  at instruction {lines[last]}";
            if (MissingInKernel(spec, program, instruction, reason) is string missing) message += $"{Environment.NewLine}  {missing}";
            if (spec.FindSourceLine(program, instruction) is SourceLine source)
                message += $"{Environment.NewLine}  from {source.File}:{source.Line}: {source.Text}";
        }

        if (typesRefusal is not null) message += $"{Environment.NewLine}  it was loaded without types, since the kernel refuses the object's: {typesRefusal}";
        return new VerifierException(program.Name, errno, reason, log, message);
    }

    private static string ReasonIn(string[] lines, int lastInstruction)
    {
        IEnumerable<string> telling = lines.Skip(lastInstruction + 1).Where(static line => !IsNoise(line));
        // Without any instruction the verifier refused something else, a helper or BTF, and says so at the end.
        return string.Join($"{Environment.NewLine}  ", telling.TakeLast(MostReasonLines));
    }

    private static bool IsNoise(string line) =>
        IsRegisters(line) || Array.Exists(Noise, start => line.StartsWith(start, StringComparison.Ordinal));

    // "R1=ctx() R10=fp0" is state; "R1 invalid mem access 'scalar'" is a reason.
    private static bool IsRegisters(string line)
    {
        int end = line.IndexOf(' ', StringComparison.Ordinal);
        return line[0] == 'R' && line.AsSpan(0, end < 0 ? line.Length : end).Contains('=');
    }

    /// <summary><c>12: (79) r0 = *(u64 *)(r1 +0)</c>, with the registers after it on newer kernels.</summary>
    private static bool IsInstruction(string line)
    {
        int colon = line.IndexOf(": (", StringComparison.Ordinal);
        return colon > 0
            && line.Length > colon + 5
            && line[colon + 5] == ')'
            && int.TryParse(line.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    private static int InstructionNumber(string line) =>
        int.Parse(line.AsSpan(0, line.IndexOf(':', StringComparison.Ordinal)), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>What the verifier cannot know: the helper it rejects stands for a relocation that found nothing.</summary>
    private static string? MissingInKernel(BpfObject spec, ProgramSpec program, int instruction, string reason)
    {
        if (spec.Btf is null || !reason.Contains(PoisonHelper, StringComparison.Ordinal)) return null;
        foreach (CoreRelocation relocation in program.CoreRelocations)
        {
            if (relocation.Instruction != instruction) continue;
            return $"this kernel's types do not have {CoreAccessText.Describe(spec.Btf, relocation)} ({relocation.Kind})";
        }

        return null;
    }
}
