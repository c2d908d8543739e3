using System.Globalization;
using Emleak.Elf;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;
using Emleak.Symbols.Unwind;
using Emleak.Tracing.Records;
using UnwindRule = Emleak.Symbols.Unwind.UnwindRule;

namespace Emleak.Probes;

/// <summary>Decides how each function of a module is probed: where its beginning is seen, and how its end.</summary>
internal sealed class FunctionPlan
{
    // More ways out than any allocator's function has.
    private const int MostExits = 64;

    // ISO C 7.26: they return their first argument.
    private static readonly FunctionNames GivingArgument = new(["memset", "memcpy", "memmove"]);

    private readonly ProcessModule _module;
    private readonly ElfImage _image;
    private readonly CodeReader _reader;
    private readonly ProbeRules _rules;
    private readonly HashSet<ulong> _exits = [];

    public FunctionPlan(ProcessModule module, ElfImage image, UnwindTableCache tables, ProbeRules rules)
    {
        _module = module;
        _image = image;
        HashSet<ulong> choosers = [.. module.FindFunctions(GivingArgument).Select(match => match.Function).Where(function => function.IsIndirect).Select(function => function.Address)];
        _reader = new CodeReader(image, module.GetUnwindTable(tables), choosers);
        _rules = rules;
    }

    /// <summary>The probe of a function, or why it cannot have one.</summary>
    public Probe? TryMake(FoundFunction found, out string? refusal)
    {
        refusal = null;
        FunctionShape shape = found.Function.Shape;
        FunctionFlow flow = FunctionFlow.Of(_reader, found.Symbol);
        // What a release function of the user's own allocates beside is not its allocator's.
        bool isAllocators = shape.HasReturn || found.Function.Kind != FunctionKind.Custom;
        IReadOnlyList<CodeRange> code = isAllocators ? flow.Ranges() : [];
        if (!shape.HasReturn) return Make(found, code, [], Entry(found, shape.Cookie, needsStackPointer: false, hasReturn: false), "");
        if (found.Function.Kind == FunctionKind.Mapping && AfterSystemCall(found) is { Count: > 0 } after)
        {
            string reason = $"after the system call{(after[0].IsEmulated ? "" : ", single-stepped")}";
            if (shape.Kind == Shape.Mmap) return new Probe(found.Function, _module, after, code, Place(found, after[0], reason));
            if (shape.Kind == Shape.Munmap) reason = "when it fails";
            return Make(found, code, after, Entry(found, shape.Cookie, needsStackPointer: false, hasReturn: false), "; and " + Place(found, after[0], reason));
        }

        bool needsExits = _rules.UsesExitsAlways || found.Function.MayThrow || found.Function.Kind == FunctionKind.Mapping;
        if (!needsExits || (_rules.AllowsUnsafeReturns && flow.Obstacle is not null))
            return Make(found, code, [], Entry(found, shape.Cookie, needsStackPointer: true, hasReturn: true), ", and its return");
        refusal = WhyNoExits(flow);
        if (refusal is not null) return null;
        ProbeSite[] exits =
        [
            .. flow.Returns.Where(_exits.Add).Select(address => Exit(address, givesArgument: false)),
            .. flow.JumpsThatGiveArgument.Where(_exits.Add).Select(address => Exit(address, givesArgument: true)),
        ];
        return Make(found, code, exits, Entry(found, shape.CookieWithExits, needsStackPointer: true, hasReturn: false),
            string.Create(CultureInfo.InvariantCulture, $", and {flow.Returns.Count + flow.JumpsThatGiveArgument.Count} exits"));
    }

    private static string? WhyNoExits(FunctionFlow flow)
    {
        string? obstacle = flow.Obstacle ?? (flow.Returns.Count > MostExits ? $"it has {flow.Returns.Count} exits" : null);
        return obstacle is null ? null : $"its exits cannot be probed ({obstacle}), and its return address is not replaced, since it may throw or switch stacks";
    }

    private Probe Make(FoundFunction found, IReadOnlyList<CodeRange> code, IReadOnlyList<ProbeSite> ends, (ProbeSite Site, string Reason) entry, string more) =>
        new(found.Function, _module, [.. ends, entry.Site], code, Place(found, entry.Site, entry.Reason) + more);

    private static string Place(FoundFunction found, ProbeSite site, string reason) =>
        string.Create(CultureInfo.InvariantCulture, $"+{site.FileOffset - found.Symbol.FileOffset}, {reason}");

    private (ProbeSite Site, string Reason) Entry(FoundFunction found, ulong cookie, bool needsStackPointer, bool hasReturn)
    {
        PlacementChoice choice = Choose(found, needsStackPointer);
        return (new ProbeSite(found.Symbol.FileOffset + (ulong)choice.Offset, cookie, hasReturn, choice.IsEmulated), choice.Reason);
    }

    private PlacementChoice Choose(FoundFunction found, bool needsStackPointer)
    {
        if (_rules.Placement == ProbePlacement.Entry) return new PlacementChoice(0, IsEmulated: false, "the entry was asked for");
        ReadOnlySpan<byte> code = FunctionCode.Of(_image, found.Symbol);
        Arguments reads = found.Function.Shape.Reads;
        return _image.Machine switch
        {
            ElfMachine.X64 => X64Placement.Choose(code, reads, needsStackPointer),
            ElfMachine.Arm64 => Arm64Placement.Choose(code, reads, needsStackPointer),
            _ => new PlacementChoice(0, IsEmulated: false, "no rules for this architecture"),
        };
    }

    private ProbeSite Exit(ulong address, bool givesArgument)
    {
        _ = _image.TryGetFileOffset(address, out ulong offset);
        // A jump is emulated, a return on aarch64 alone.
        bool isEmulated = givesArgument
            || (_image.Machine == ElfMachine.Arm64 && new Arm64Instruction(BitConverter.ToUInt32(_reader.Bytes(offset))).IsPlainReturn);
        return new ProbeSite(offset, FrameRow.AtReturn(_image.Machine, givesArgument), HasReturn: false, isEmulated);
    }

    // None where it cannot be said of one of them who its caller is.
    private List<ProbeSite> AfterSystemCall(FoundFunction found)
    {
        List<ProbeSite> sites = [];
        Shape kind = found.Function.Shape.Kind;
        Shape place = kind switch { Shape.Mmap => Shape.Mapped, Shape.Munmap => Shape.NotUnmapped, _ => Shape.Remapped };
        foreach ((int offset, bool isEmulated) in SystemCallPlace.Find(_image.Machine, FunctionCode.Of(_image, found.Symbol), kind))
        {
            UnwindRule rule = _reader.Rows.Find(found.Symbol.Address + (ulong)offset);
            // Whose call it was that failed does not matter.
            ulong? cookie = kind == Shape.Munmap ? FrameRow.Without(place) : FrameRow.At(_image.Machine, place, rule);
            if (cookie is not ulong known) return [];
            sites.Add(new ProbeSite(found.Symbol.FileOffset + (ulong)offset, known, HasReturn: false, isEmulated));
        }

        return sites;
    }
}
