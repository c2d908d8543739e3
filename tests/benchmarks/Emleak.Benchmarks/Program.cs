using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Emleak.Benchmarks;

// Emleak.Benchmarks OBJECT PROGRAM,... [options of BenchmarkDotNet]: as root. In this process: the project that a benchmark would else be
// copied into inherits the analyzers and the package versions of the repository.
if (args is not [string path, string programs, .. string[] options])
{
    Console.Error.WriteLine("usage: Emleak.Benchmarks OBJECT PROGRAM,... [options of BenchmarkDotNet]");
    return 2;
}

ObjectBenchmarks.ObjectPath = path;
ObjectBenchmarks.Programs = programs.Split(',');
IConfig config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default);
BenchmarkSwitcher.FromTypes([typeof(BtfBenchmarks), typeof(ObjectBenchmarks)]).Run(["--filter", "*", .. options], config);
return 0;
