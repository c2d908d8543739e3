namespace Emleak.Recordings.Analysis;

/// <summary>A rule that says which stacks are expected.</summary>
/// <param name="Text">The rule as it was written, or its name.</param>
/// <param name="File">The file that it stands in.</param>
/// <param name="Line">Its line there, from 1.</param>
/// <param name="MaxBytes">As long as all stacks that fit hold no more, they are expected; null for any number.</param>
public abstract record SuppressionRule(string Text, string File, int Line, long? MaxBytes)
{
    /// <summary>True when a stack fits.</summary>
    /// <param name="frames">Its frames, innermost first, inlined ones too.</param>
    public abstract bool Fits(IReadOnlyList<SuppressionFrame> frames);
}

/// <summary>What rules know of a frame.</summary>
/// <param name="Names">The function's names, in every style; none when it has no name.</param>
/// <param name="Module">The module's path; null when there is none.</param>
/// <param name="SourceFile">The source file's path; null when it is not known.</param>
public sealed record SuppressionFrame(IReadOnlyList<string> Names, string? Module, string? SourceFile);

/// <summary>LeakSanitizer's <c>leak:PATTERN</c>: any frame whose function, module or file has the pattern in it. <c>^</c> and <c>$</c> are the ends, <c>*</c> is anything.</summary>
internal sealed record LeakRule(string Pattern, string File, int Line, long? MaxBytes) : SuppressionRule($"leak:{Pattern}", File, Line, MaxBytes)
{
    public override bool Fits(IReadOnlyList<SuppressionFrame> frames)
    {
        string pattern = Pattern.StartsWith('^') ? Pattern[1..] : "*" + Pattern;
        pattern = pattern.EndsWith('$') ? pattern[..^1] : pattern + "*";
        bool Has(string? text) => text is not null && Wildcard.Fits(pattern, text, hasSingle: false);
        return frames.Any(frame => frame.Names.Any(Has) || Has(frame.Module) || Has(frame.SourceFile));
    }
}

/// <summary>A block of Valgrind: its lines are the innermost frames, in order; <c>...</c> is any number of frames.</summary>
internal sealed record ValgrindRule(string Name, IReadOnlyList<string> Frames, string File, int Line) : SuppressionRule(Name, File, Line, MaxBytes: null)
{
    public const string AnyFrames = "...";

    // Valgrind's stacks begin with the allocator's function, which ours do not have.
    private static readonly string[] Allocators =
        ["malloc", "calloc", "realloc", "reallocarray", "memalign", "posix_memalign", "aligned_alloc", "valloc", "pvalloc", "_Znwm", "_Znam", "_Znwj", "_Znaj"];

    public override bool Fits(IReadOnlyList<SuppressionFrame> frames)
    {
        ReadOnlySpan<string> patterns = Frames as string[] ?? [.. Frames];
        if (IsAllocator(patterns)) patterns = patterns[1..];
        // As in Wildcard, with frames for characters. What is outside of the last line does not matter.
        int p = 0, f = 0, any = -1, retry = 0;
        while (p < patterns.Length)
        {
            if (patterns[p] == AnyFrames)
            {
                any = p++;
                retry = f;
            }
            else if (f < frames.Count && FitsFrame(patterns[p], frames[f]))
            {
                p++;
                f++;
            }
            else if (any >= 0 && retry < frames.Count)
            {
                p = any + 1;
                f = ++retry;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsAllocator(ReadOnlySpan<string> patterns)
    {
        if (patterns.IsEmpty || !patterns[0].StartsWith("fun:", StringComparison.Ordinal)) return false;
        string pattern = patterns[0][4..];
        return Array.Exists(Allocators, name => Wildcard.Fits(pattern, name, hasSingle: true)) || pattern.StartsWith("operator new", StringComparison.Ordinal);
    }

    private static bool FitsFrame(string pattern, SuppressionFrame frame)
    {
        int colon = pattern.IndexOf(':', StringComparison.Ordinal);
        string body = pattern[(colon + 1)..];
        return pattern[..colon] switch
        {
            "fun" => frame.Names.Any(name => Wildcard.Fits(body, name, hasSingle: true)),
            "obj" => frame.Module is not null && Wildcard.Fits(body, frame.Module, hasSingle: true),
            _ => frame.SourceFile is not null && Wildcard.Fits(body, frame.SourceFile, hasSingle: true),
        };
    }
}
