using System.Text.RegularExpressions;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>The loader under test.</summary>
internal static partial class ManagedLoader
{
    public static LoadOutcome Load(byte[] content, Action<BpfObject>? edit = null)
    {
        try
        {
            BpfObject spec = BpfObject.Parse(content);
            edit?.Invoke(spec);
            using FileSystemMount? pins = spec.Maps.Values.Any(static map => map.IsPinnedByName) ? new FileSystemMount("bpf") : null;
            using BpfCollection loaded = spec.Load(pins is null ? null : new LoadOptions { PinFolder = pins.Create("maps") });
            Dictionary<string, IReadOnlyList<string>> programs = new(StringComparer.Ordinal);
            foreach (BpfProgram program in loaded.Programs.Values) programs[program.Name] = Translation.Of($"id {IdOf(program)}");
            string types = string.Join(' ', loaded.Programs.Values.Select(static one => $"{one.Name}:{Translation.TypeOf($"id {IdOf(one)}")}").Order(StringComparer.Ordinal));
            return new LoadOutcome(programs, Refusal: null) { Types = types };
        }
        catch (VerifierException e)
        {
            return LoadOutcome.Refused($"program {e.ProgramName}: errno {e.ErrorNumber}");
        }
        catch (BpfException e)
        {
            return LoadOutcome.Refused(ReasonIn(e));
        }
        catch (MalformedDataException e)
        {
            return LoadOutcome.Refused(e.Message);
        }
    }

    /// <summary>The reason in the words that <see cref="ReferenceLoader"/> uses too.</summary>
    private static string ReasonIn(BpfException e)
    {
        if (MapRefusal().Match(e.Message) is { Success: true } map) return $"map {map.Groups["name"].Value}: errno {e.ErrorNumber}";
        if (TargetRefusal().Match(e.Message) is { Success: true } target) return $"program {target.Groups["name"].Value}: no {target.Groups["target"].Value}";
        if (ExternRefusal().Match(e.Message) is { Success: true } missing) return $"no {missing.Groups["name"].Value}";
        if (UntargetedRefusal().Match(e.Message) is { Success: true } untargeted) return $"program {untargeted.Groups["name"].Value}: errno 22";
        return e.Message;
    }

    [GeneratedRegex("needs (the address of |function |variable )?'?(?<name>[^',]+)'?, which", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ExternRefusal();

    [GeneratedRegex("program '(?<name>[^']+)' must name", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UntargetedRefusal();

    [GeneratedRegex("cannot create [A-Za-z]+ map '(?<name>[^']+)': E", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MapRefusal();

    [GeneratedRegex("cannot load program '(?<name>[^']+)': the kernel has no [a-z ]+ '(?<target>[^']+)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TargetRefusal();

    private static string IdOf(BpfProgram program) =>
        File.ReadLines($"/proc/self/fdinfo/{program.FileDescriptor}").First(line => line.StartsWith("prog_id:", StringComparison.Ordinal))["prog_id:".Length..].Trim();
}
