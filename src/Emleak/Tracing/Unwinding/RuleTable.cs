using System.Runtime.CompilerServices;
using Emleak.BpfLoader.Maps;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>The rules of the process's frames, each kept once for all files: a frame's size and where it saves a register repeat.</summary>
internal sealed class RuleTable
{
    private readonly MappedArray<UnwindRule> _rules;
    private readonly Dictionary<UInt128, uint> _numbers = [];

    public RuleTable(MappedArray<UnwindRule> rules)
    {
        _rules = rules;
        foreach (KnownRule known in Enum.GetValues<KnownRule>())
        {
            // Those that are followed by themselves are told apart from the others of their kind by their number.
            UnwindRule rule = new() { Kind = KindOf(known), At = known is KnownRule.Outside or KnownRule.Entry ? (int)known : 0 };
            _rules.Write((int)known, rule);
            _numbers.Add(KeyOf(rule), (uint)known);
        }
    }

    /// <summary>How many rules there are.</summary>
    public int Count => _numbers.Count;

    /// <summary>How often a rule found no room: the stack is lost where such a rule would be followed.</summary>
    public long Refused { get; private set; }

    /// <summary>The number that rows refer to a rule by.</summary>
    public uint NumberOf(in UnwindRule rule)
    {
        if (_numbers.TryGetValue(KeyOf(rule), out uint number)) return number;
        if (_numbers.Count == _rules.Count)
        {
            Refused++;
            return (uint)KnownRule.Unknown;
        }

        // Programs read it only by its number, which is written later.
        number = (uint)_numbers.Count;
        _rules.Write((int)number, rule);
        _numbers.Add(KeyOf(rule), number);
        return number;
    }

    private static UInt128 KeyOf(in UnwindRule rule) => Unsafe.BitCast<UnwindRule, UInt128>(rule);

    private static UnwindKind KindOf(KnownRule rule) => rule switch
    {
        KnownRule.None => UnwindKind.None,
        KnownRule.Outermost => UnwindKind.Outermost,
        KnownRule.Signal => UnwindKind.Signal,
        KnownRule.Unknown or KnownRule.Outside => UnwindKind.Unknown,
        KnownRule.Entry => UnwindKind.Outermost,
        _ => throw new InvalidOperationException($"rule {rule} has no kind"),
    };
}
