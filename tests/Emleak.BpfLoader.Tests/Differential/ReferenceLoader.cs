using Emleak.BpfLoader.Tests.Fixtures;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>libbpf, as bpftool uses it.</summary>
internal sealed partial class ReferenceLoader(FileSystemMount folder)
{
    public LoadOutcome Load(string name, byte[] content, string? type = null)
    {
        string file = Path.Combine(Path.GetTempPath(), $"emleak-{Environment.ProcessId}-{name}.o");
        string pins = folder.Create(name);
        File.WriteAllBytes(file, content);
        try
        {
            // Maps that ask for it are pinned in this folder, which not every machine has, and nobody would take them out again.
            const string Script = "mount -t bpf bpf /sys/fs/bpf && exec bpftool prog loadall \"$@\"";
            ProcessStartInfo start = new("unshare", ["--mount", "sh", "-c", Script, "sh", file, pins, .. type is null ? (string[])[] : ["type", type]])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? Dump(pins) : LoadOutcome.Refused(ReasonIn(errors + output.Result));
        }
        finally
        {
            File.Delete(file);
            Directory.Delete(pins, recursive: true);
        }
    }

    private static LoadOutcome Dump(string pins)
    {
        Dictionary<string, IReadOnlyList<string>> programs = new(StringComparer.Ordinal);
        foreach (string pin in Directory.EnumerateFiles(pins)) programs[Path.GetFileName(pin)] = Translation.Of($"pinned {pin}");
        string types = string.Join(' ', Directory.EnumerateFiles(pins).Select(static pin => $"{Path.GetFileName(pin)}:{Translation.TypeOf($"pinned {pin}")}").Order(StringComparer.Ordinal));
        return new LoadOutcome(programs, Refusal: null) { Types = types };
    }

    /// <summary>The first telling line, in words that <see cref="ManagedLoader"/> uses too.</summary>
    private static string ReasonIn(string errors)
    {
        if (MapRefusal().Match(errors) is { Success: true } map) return $"map {map.Groups["name"].Value}: errno {map.Groups["errno"].Value}";
        if (TargetRefusal().Match(errors) is { Success: true } target) return $"program {target.Groups["name"].Value}: no {target.Groups["target"].Value}";
        if (ProgramRefusal().Match(errors) is { Success: true } program)
        {
            string errno = program.Groups["errno"].Value;
            return $"program {program.Groups["name"].Value}: errno {int.Parse(errno, CultureInfo.InvariantCulture)}";
        }

        if (ExternRefusal().Match(errors) is { Success: true } missing) return $"no {missing.Groups["name"].Value}";
        return errors.Trim();
    }

    [GeneratedRegex(@"map '(?<name>[^']+)': failed to create: [^(]*\(-(?<errno>\d+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MapRefusal();

    [GeneratedRegex(@"prog '(?<name>[^']+)': failed to find kernel BTF type ID of '(?<target>[^']+)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TargetRefusal();

    [GeneratedRegex(@"extern (\([a-z ]+\) )?'(?<name>[^']+)'( \([a-z]+\))?: (not resolved|not found|incompatible|func_proto)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ExternRefusal();

    [GeneratedRegex(@"prog '(?<name>[^']+)': failed to load: -(?<errno>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProgramRefusal();
}
