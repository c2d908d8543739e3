using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Kernel;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Reporting;
using Emleak.Symbols;
using Emleak.Symbols.Unwind;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Unwinding;
using ProcessModule = Emleak.Symbols.Process.ProcessModule;

namespace Emleak.Checking;

/// <summary>Tells what this host and a process allow, by trying what a trace would do, all but attaching.</summary>
internal sealed class CheckCommand
{
    private readonly CheckRequest _request;
    private readonly Reporter _reporter;
    private EmleakException? _obstacle;

    private CheckCommand(CheckRequest request, Reporter reporter)
    {
        _request = request;
        _reporter = reporter;
    }

    public static ExitCode Run(CheckRequest request, Reporter reporter)
    {
        CheckCommand check = new(request, reporter);
        return check.Run();
    }

    private ExitCode Run()
    {
        _reporter.Report($"emleak {typeof(CheckCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
        WriteHost();
        if (Permission.WhyNotTrace is string missing) Note(new EmleakException(ExitCode.NotPermitted, missing));
        int pid = _request.Pid ?? Environment.ProcessId;
        Try(() => WriteTarget(pid));
        _reporter.Report("");
        if (_obstacle is null)
        {
            _reporter.Report("Tracing would work.");
            return ExitCode.Success;
        }

        string[] lines = [.. Reporter.LinesOf(_obstacle)];
        _reporter.Report(string.Create(CultureInfo.InvariantCulture, $"Tracing would fail with exit code {(int)_obstacle.ExitCode}: {lines[0]}"));
        foreach (string line in lines.Skip(1)) _reporter.Report("    " + line);
        return _obstacle.ExitCode;
    }

    private void WriteHost()
    {
        Title("Host");
        foreach ((string name, string value) in HostFacts.All()) _reporter.Report($"  {name,-25} {value}");
        Title("Kernel features, used or replaced");
        foreach (FeatureUse use in FeatureUse.All)
        {
            _reporter.Report("  " + use.Describe());
            if (use.Without is not null || use.Feature.Probe() != FeatureSupport.No) continue;
            if (use.Feature == KernelFeatures.VmlinuxBtf && _request.Options.KernelTypes is not null) continue;
            Note(new EmleakException(ExitCode.KernelNotSupported, new FeatureNotSupportedException(use.Feature.Name, use.Feature.FirstKernelVersion, use.Feature.Advice).Message));
        }
    }

    private void WriteTarget(int pid)
    {
        using TargetProcess target = TargetProcess.Open(pid);
        AttachMethod method = ProbeAttacher.Choose(target.LiveThread == target.Pid);
        Title("Tracing");
        _reporter.Report($"  {"attached by",-25} {Describe(method)}");
        using TracingPrograms? programs = Permission.WhyNotTrace is null ? Load(method) : null;
        if (_request.Pid is not null) WriteProcess(target, programs);
    }

    private TracingPrograms? Load(AttachMethod method)
    {
        TracingPrograms? programs = null;
        Try(() =>
        {
            long start = Stopwatch.GetTimestamp();
            programs = TracingPrograms.Load(method, _request.Options);
            Line("programs", string.Create(CultureInfo.InvariantCulture, $"loaded and verified in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms"));
        });
        if (programs is null) Line("programs", "not loaded");
        return programs;
    }

    private void WriteProcess(TargetProcess target, TracingPrograms? programs)
    {
        using Symbolizer symbolizer = TargetModules.Open(target.Pid, SymbolizerSettings.Default);
        IReadOnlyList<ProcessModule> modules = symbolizer.Modules;
        if (programs is not null) WriteRows(symbolizer, programs);
        Title(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid}: modules, and allocator functions by their place in the file"));
        ProbePlanner planner = new(_request.Options);
        ProcessFacts facts = new(planner, _reporter);
        facts.Write(modules);
        if (ProgramNature.Note(modules) is string note) _reporter.Report($"  {note}");
        string[] missing = [.. planner.DescribeMissing(modules)];
        foreach (string line in missing) _reporter.Report($"  {line}; it will be probed if a library brings it");
        Try(() =>
        {
            if (missing.Length == 0 && facts.ProbeCount == 0) throw ProgramNature.WhyNothing(target.Pid, modules);
        });
    }

    private void WriteRows(Symbolizer symbolizer, TracingPrograms programs)
    {
        if (!TracingPrograms.HaveUnwindTables) return;
        IReadOnlyList<ProcessModule> modules = symbolizer.Modules;
        using ProcessUnwinding unwinding = new(programs.Loaded.Maps);
        Try(() => unwinding.Update(symbolizer));
        UnwindTableCache tables = new();
        long rows = modules.Sum(module => (long)module.GetUnwindTable(tables).Rows.Length);
        string each = rows == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)unwinding.TableBytes / rows:F1} each");
        Line("unwind rows", string.Create(CultureInfo.InvariantCulture, $"{rows} of {modules.Count} files; {unwinding.TableBytes} bytes of kernel memory{each}"));
    }

    private static string Describe(AttachMethod method) => method switch
    {
        AttachMethod.Sessions => "sessions: up to four links for each file, one program for entry and return",
        AttachMethod.Links => "links: up to six for each file, for entries and returns",
        AttachMethod.PerfEvents => "perf events, one for each probe, with cookies",
        _ => "perf events, one for each probe, known by address",
    };

    private void Title(string text)
    {
        _reporter.Report("");
        _reporter.Report(text);
    }

    private void Line(string name, string value) => _reporter.Report($"  {name,-25} {value}");

    private void Try(Action step)
    {
        try
        {
            step();
        }
        catch (EmleakException problem)
        {
            Note(problem);
        }
        catch (BpfException problem)
        {
            Note(HostSettings.Explain(problem));
        }
    }

    // What comes first is what a trace would fail with.
    private void Note(EmleakException obstacle) => _obstacle ??= obstacle;
}
