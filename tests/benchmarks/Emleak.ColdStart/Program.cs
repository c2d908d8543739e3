using System.Diagnostics;
using System.Globalization;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;

// Emleak.ColdStart OBJECT: each step of loading once, in a process that has done nothing yet. Tab-separated milliseconds:
// index of the kernel's types with the reading of the file, first find by name, open of the object, load with all before it done.
if (args is not [string path])
{
    Console.Error.WriteLine("usage: Emleak.ColdStart OBJECT");
    return 2;
}

long began = Stopwatch.GetTimestamp();
BtfTypes types = KernelBtf.Default;
long indexed = Stopwatch.GetTimestamp();
bool found = types.TryFind("task_struct", BtfKind.Struct, out _);
long looked = Stopwatch.GetTimestamp();
BpfObject spec = BpfObject.Open(path);
long opened = Stopwatch.GetTimestamp();
using BpfCollection loaded = spec.Load();
long done = Stopwatch.GetTimestamp();
if (!found || loaded.Programs.Count == 0) return 1;

Console.WriteLine(string.Join('\t', new[] { (began, indexed), (indexed, looked), (looked, opened), (opened, done), (began, done) }.Select(Milliseconds)));
return 0;

static string Milliseconds((long From, long To) step) => Stopwatch.GetElapsedTime(step.From, step.To).TotalMilliseconds.ToString("F2", CultureInfo.InvariantCulture);
