using System.Globalization;
using System.Text;
using Emleak.Bench;

// arguments: folder with mbench, empty.bpf.o, pairs.bt and stages; emleak; rounds; if not all is wanted, one of own, pairs, server
(string work, string emleak, int rounds) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string mbench = Path.Combine(work, "mbench");
string emptyObject = Path.Combine(work, "empty.bpf.o");
StringBuilder text = new();
string part = args.Length > 3 ? args[3] : "all";
if (part is "all" or "own") OwnCosts.Append(text, mbench, emleak);
if (part is "all" or "pairs") PairTables.Append(text, mbench, Variants.ForPairs(emptyObject, emleak, Find("bpftrace"), Path.Combine(work, "pairs.bt"), work), Find("heaptrack"), rounds);
if (part is "all" or "server" && Find("redis-server") is not null && Find("redis-benchmark") is not null) ServerTable.Append(text, Variants.ForServer(emptyObject, emleak, work), rounds);
Console.Write(text.ToString());

// The path of a program that is installed.
static string? Find(string program) => Environment.GetEnvironmentVariable("PATH")!
    .Split(':')
    .Select(folder => Path.Combine(folder, program))
    .FirstOrDefault(File.Exists);
