using Emleak.Recordings.Model;

namespace Emleak.Recordings.Analysis;

/// <summary>Which stacks of a recording are expected, and by which rules. They are counted apart; they never vanish.</summary>
public sealed record Suppressions
{
    /// <summary>The rule of each stack, by the stack's index; null where none fits, or its budget is spent.</summary>
    public required IReadOnlyList<SuppressionRule?> ByStack { get; init; }

    /// <summary>What each rule has found, in the order of the rules; those that found nothing too.</summary>
    public required IReadOnlyList<SuppressionHits> Rules { get; init; }

    /// <summary>Applies rules to the stacks that are live at the end. The first rule that fits counts.</summary>
    public static Suppressions Of(Recording recording, IReadOnlyList<SuppressionRule> rules)
    {
        ArgumentNullException.ThrowIfNull(recording);
        ArgumentNullException.ThrowIfNull(rules);
        SnapshotCursor end = new SnapshotCursor(recording).MoveToLast();
        var byStack = new SuppressionRule?[recording.Stacks.Count];
        Dictionary<SuppressionRule, SuppressionHits> hits = new(ReferenceEqualityComparer.Instance);
        foreach (SuppressionRule rule in rules) hits[rule] = new SuppressionHits(rule, 0, 0, 0);
        for (int stack = 0; stack < byStack.Length; stack++)
        {
            long bytes = end[stack, StackColumn.LiveBytes], blocks = end[stack, StackColumn.LiveBlocks];
            if (bytes == 0 && blocks == 0) continue;
            IReadOnlyList<SuppressionFrame> frames = FramesOf(recording, recording.Stacks[stack]);
            SuppressionRule? rule = rules.FirstOrDefault(rule => rule.Fits(frames));
            if (rule is null) continue;
            byStack[stack] = rule;
            SuppressionHits hit = hits[rule];
            hits[rule] = hit with { Stacks = hit.Stacks + 1, Bytes = hit.Bytes + bytes, Blocks = hit.Blocks + blocks };
        }

        for (int stack = 0; stack < byStack.Length; stack++)
        {
            if (byStack[stack] is { } rule && hits[rule].IsOverBudget) byStack[stack] = null;
        }

        return new Suppressions { ByStack = byStack, Rules = [.. rules.Select(rule => hits[rule])] };
    }

    private static List<SuppressionFrame> FramesOf(Recording recording, CallStack stack)
    {
        List<SuppressionFrame> frames = [];
        foreach (Frame frame in recording.FramesOf(stack))
        {
            string? module = frame.Module < 0 ? null : recording.Modules[frame.Module].Path;
            foreach (InlinedCall call in frame.Inlined) frames.Add(new SuppressionFrame(NamesOf(recording, call.Function), module, call.File));
            frames.Add(new SuppressionFrame(NamesOf(recording, frame.Function), module, frame.File));
        }

        return frames;
    }

    private static string[] NamesOf(Recording recording, int function)
    {
        if (function < 0) return [];
        Function named = recording.Functions[function];
        return [.. new[] { named.Name, named.FullName, named.ShortName }.OfType<string>().Distinct(StringComparer.Ordinal)];
    }
}

/// <summary>What a rule has found.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Stacks">Stacks that fit; 0 for a rule that is no longer needed.</param>
/// <param name="Bytes">Their live bytes.</param>
/// <param name="Blocks">Their live blocks.</param>
public sealed record SuppressionHits(SuppressionRule Rule, int Stacks, long Bytes, long Blocks)
{
    /// <summary>True when they hold more than the rule allows: then it suppresses none of them.</summary>
    public bool IsOverBudget => Rule.MaxBytes is long most && Bytes > most;
}
