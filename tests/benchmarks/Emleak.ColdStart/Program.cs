using System.Diagnostics;
using System.Globalization;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;

// Emleak.ColdStart OBJECT PROGRAM...: each step of loading once, in a process that has done nothing yet; of the programs those that are named. Tab-separated milliseconds:
// index of the kernel's types with the reading of the file, first find by name, open of the object, load with all before it done.
if (args is not [string path, .. string[] programs])
{
    Console.Error.WriteLine("usage: Emleak.ColdStart OBJECT PROGRAM...");
    return 2;
}

long began = Stopwatch.GetTimestamp();
BtfTypes types = KernelBtf.Default;
long indexed = Stopwatch.GetTimestamp();
bool found = types.TryFind("task_struct", BtfKind.Struct, out _);
long looked = Stopwatch.GetTimestamp();
BpfObject spec = BpfObject.Open(path);
long opened = Stopwatch.GetTimestamp();
foreach (ProgramSpec program in spec.Programs.Values) program.IsLoaded = programs.Contains(program.Name, StringComparer.Ordinal);
using BpfCollection loaded = spec.Load();
long done = Stopwatch.GetTimestamp();
if (!found || loaded.Programs.Count != programs.Length) return 1;

Console.WriteLine(string.Join('\t', new[] { (began, indexed), (indexed, looked), (looked, opened), (opened, done), (began, done) }.Select(Milliseconds)));
return 0;

static string Milliseconds((long From, long To) step) => Stopwatch.GetElapsedTime(step.From, step.To).TotalMilliseconds.ToString("F2", CultureInfo.InvariantCulture);
