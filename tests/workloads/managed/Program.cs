using ManagedWorkload;

// Says "ready", works when it is sent a line, says "done", ends at the end of its input.
Console.WriteLine("ready");
Console.ReadLine();
for (int i = 0; i < 1000; i++) Cache.Remember(100 + 1);
Console.WriteLine("done");
while (Console.ReadLine() is not null)
{
}
