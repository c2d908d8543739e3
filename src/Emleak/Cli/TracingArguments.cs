using System.CommandLine;
using System.CommandLine.Parsing;
using Emleak.Probes;
using Emleak.Recordings.Model;
using Emleak.Tracing;
using Emleak.Tracing.Unwinding;

namespace Emleak.Cli;

/// <summary>The options that say how to trace, for every command that traces.</summary>
internal sealed class TracingArguments
{
    /// <summary>What the help of a command that traces ends with.</summary>
    public const string Closing = """

        Ctrl-C ends the trace and writes the files. Exit codes: 0 done, 1 tracing failed,
        2 usage, 3 not permitted, 4 no such process, 5 function not found, 6 kernel lacks
        something, 7 output not writable.

        """;

    private const int LongestInterval = 365 * 24 * 3600;
    private static readonly TracingOptions Default = new();

    private readonly Option<int> _interval = OptionKinds.WholeNumber(
        "--interval", "-i", "SECONDS", LongestInterval, "interval in seconds to print outstanding allocations, default 10");

    private readonly Option<IReadOnlyList<AllocatorFunction>> _malloc = OptionKinds.Repeatable<AllocatorFunction>(
        "--malloc", ["-m"], "FUNCTION", "your own malloc function, e.g. -m my_malloc or -m pool_alloc:size=2", (text, result) =>
            OrError(result, CustomFunction.Allocating(text, out string? problem), problem));

    private readonly Option<IReadOnlyList<AllocatorFunction>> _free = OptionKinds.Repeatable<AllocatorFunction>(
        "--free", ["-f"], "FUNCTION", "your own free function, e.g. -f my_free or -f pool_free:ptr=2", (text, result) =>
            OrError(result, CustomFunction.Releasing(text, out string? problem), problem));

    private readonly Option<IReadOnlyList<string>> _prefixes = OptionKinds.Words(
        "--symbols-prefix", "PREFIX", "what an allocator has before the names of its functions, e.g. foo_ for foo_malloc; may be repeated");

    private readonly Option<IReadOnlyList<string>> _objects = OptionKinds.Words(
        "--object", "FILE", "take the allocator functions of this file alone; may be repeated");

    private readonly Option<ProbePlacement> _placement = OptionKinds.Choice(
        "--probe-placement",
        "where in a function the probe goes: the cheapest instruction that sees the same (default), or the first",
        ("best", ProbePlacement.Best),
        ("entry", ProbePlacement.Entry));

    private readonly Option<bool> _exitProbes = OptionKinds.Switch(
        "--exit-probes", "replace no return address of the process: for programs that look at their own stacks (heap profilers, sanitizers)");

    private readonly Option<bool> _unsafeReturnProbes = OptionKinds.Switch(
        "--unsafe-return-probes", "replace the return address of your own function if its exits cannot be probed: the process dies if it throws or switches stacks");

    private readonly Option<StackWalk> _stackWalk = OptionKinds.Choice(
        "--stack-walk",
        "how stacks are walked: by unwind tables where there are any (default), by these alone, or by frame pointers",
        ("auto", StackWalk.Auto),
        ("rows", StackWalk.Rows),
        ("frame-pointer", StackWalk.FramePointer));

    private readonly Option<string> _kernelTypes = OptionKinds.Value(
        "--btf", [], "FILE", "the kernel's types, for a kernel that does not describe itself (BTF, or an ELF file with it)", (text, _) => text);

    private readonly Option<int> _maxDepth = OptionKinds.WholeNumber(
        "--max-depth", null, "FRAMES", StackTable.MaxFrames, $"frames at which a stack is cut, default {StackTable.MaxFrames}");

    private readonly Option<int> _maxStacks = OptionKinds.WholeNumber(
        "--max-stacks", null, "STACKS", 1 << 22, $"room for so many different stacks, default {Default.MaxStacks}; what finds none is counted and told");

    private readonly Option<int> _maxAllocations = OptionKinds.WholeNumber(
        "--max-allocations", null, "BLOCKS", 1 << 30, $"room for so many outstanding blocks, default {Default.MaxAllocations}; what finds none is counted and told");

    private readonly Option<NameStyle> _demangle = NameOptions.Demangle(
        "how names of C++ and Rust functions are written; default full, and none in the original's files");

    private readonly Option<bool> _debuginfod = NameOptions.Debuginfod();

    private readonly Option<bool> _all = OptionKinds.Switch("--all", "show every stack at each interval, on a terminal too, where it is the ten largest");

    private readonly Option<long> _sampleBytes = OptionKinds.Bytes(
        "--sample-bytes", "look at one allocation in so many bytes, on average, and estimate the rest from it, e.g. 512K", Sampling.LargestDistance);

    private readonly Option<long> _minSize = OptionKinds.Bytes("--min-size", "only allocations of so many bytes and more", long.MaxValue);
    private readonly Option<long> _maxSize = OptionKinds.Bytes("--max-size", "only allocations of up to so many bytes", long.MaxValue);

    /// <summary>Adds the options to a command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [
                _interval, _malloc, _free, _prefixes, _objects,
                _placement, _exitProbes, _unsafeReturnProbes, _stackWalk, _maxDepth, _maxStacks, _maxAllocations, _sampleBytes, _minSize, _maxSize,
                _demangle, _debuginfod, _all, _kernelTypes,
            ])
        {
            command.Add(option);
        }
    }

    /// <summary>What was given; what was not has its default.</summary>
    public TracingOptions Read(ParseResult result) => new()
    {
        Interval = result.IsGiven(_interval) ? TimeSpan.FromSeconds(result.GetValue(_interval)) : Default.Interval,
        Functions = [.. result.GetValue(_malloc)!, .. result.GetValue(_free)!],
        SymbolPrefixes = result.GetValue(_prefixes)!,
        Objects = result.GetValue(_objects)!,
        MaxAllocations = result.IsGiven(_maxAllocations) ? result.GetValue(_maxAllocations) : Default.MaxAllocations,
        Names = result.IsGiven(_demangle) ? result.GetValue(_demangle) : Default.Names,
        ShowAllStacks = result.GetValue(_all),
        UseDebuginfod = result.GetValue(_debuginfod),
        Filter = ReadFilter(result),
        Placement = result.IsGiven(_placement) ? result.GetValue(_placement) : Default.Placement,
        UsesExitProbes = result.GetValue(_exitProbes),
        AllowsUnsafeReturnProbes = result.GetValue(_unsafeReturnProbes),
        KernelTypes = GivenTypes.Read(result.GetValue(_kernelTypes)),
        StackWalk = result.IsGiven(_stackWalk) ? result.GetValue(_stackWalk) : Default.StackWalk,
        MaxStacks = result.IsGiven(_maxStacks) ? result.GetValue(_maxStacks) : Default.MaxStacks,
        MaxDepth = result.IsGiven(_maxDepth) ? result.GetValue(_maxDepth) : Default.MaxDepth,
    };

    private AllocationFilter ReadFilter(ParseResult result)
    {
        AllocationFilter filter = new()
        {
            SampleBytes = result.GetValue(_sampleBytes),
            MinSize = result.GetValue(_minSize),
            MaxSize = result.IsGiven(_maxSize) ? result.GetValue(_maxSize) : AllocationFilter.All.MaxSize,
        };
        return filter.MinSize <= filter.MaxSize ? filter : throw new EmleakException(ExitCode.Usage, "--min-size is larger than --max-size");
    }

    private static AllocatorFunction? OrError(ArgumentResult result, AllocatorFunction? function, string? problem)
    {
        if (problem is not null) result.AddError(problem);
        return function;
    }
}
