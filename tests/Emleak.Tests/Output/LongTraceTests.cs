using System.Text;
using Emleak.Output;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports.Text;
using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>A trace of days: what is written is on the disk and not in memory.</summary>
public sealed class LongTraceTests
{
    [Fact]
    public void Rows_of_65535_stacks_for_hours_take_no_memory()
    {
        const int Rows = 1400, Stacks = 65535, Steps = 100;
        const long MostBytes = 64 << 20;
        using TestFolder folder = new();
        using RowFile file = new(File.OpenHandle(Path.Combine(folder.Path, "rows"), FileMode.Create, FileAccess.ReadWrite));
        StatisticsColumns columns = new();
        LiveStack[] stacks = [.. Enumerable.Range(1, Stacks).Select(id => new LiveStack(new CallStack(id, -1, default), id, 7, 1))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long largest = 0;
        for (int row = 0; row < Rows; row++)
        {
            // Half of them come later.
            int known = row < Rows / 2 ? Stacks / 2 : Stacks;
            file.Append(DateTimeOffset.UnixEpoch.AddSeconds(row), columns.RowOf(stacks[..known]));
            if (row % Steps == 0) largest = Math.Max(largest, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        using Counter counter = new(before);
        file.CopyTo(counter, columns.Stacks.Count);
        StatisticsReport.WriteHeader(counter, columns, AllocationFilter.All);
        Assert.Equal(Rows + 1, counter.Lines);
        Assert.Equal((long)(Rows + 1) * (Stacks + 1), counter.Fields);
        Assert.InRange(Math.Max(largest, counter.Largest), 0, MostBytes);
    }

    [Fact]
    public void Rows_that_cannot_be_written_wait_and_the_oldest_are_lost_when_they_are_too_many()
    {
        using RowFile file = new(File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite));
        var bytes = new long[100_000];
        int rowBytes = "0,\n".Length + (bytes.Length * "0,".Length);
        for (int i = 0; i < 100; i++) Assert.Throws<IOException>(() => file.Append(DateTimeOffset.UnixEpoch, bytes));
        Assert.Equal(100, file.Waiting + file.Lost);
        Assert.InRange((long)file.Waiting * rowBytes, RowFile.MostWaitingBytes - rowBytes, RowFile.MostWaitingBytes);
        using StringWriter text = new();
        file.CopyTo(text, 100_000);
        Assert.Equal(file.Waiting, text.ToString().Count(unit => unit == '\n'));
    }

    /// <summary>Counts lines and fields of what is written, and how much memory is in use meanwhile.</summary>
    private sealed class Counter(long before) : TextWriter
    {
        private int _calls;

        public int Lines { get; private set; }

        public long Fields { get; private set; }

        public long Largest { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            if (value == '\n') Lines++;
            if (value == ',') Fields++;
        }

        public override void Write(string? value) => Count(value);

        public override void Write(char[] buffer, int index, int count) => Count(buffer.AsSpan(index, count));

        private void Count(ReadOnlySpan<char> text)
        {
            Lines += text.Count('\n');
            Fields += text.Count(',');
            if (++_calls % 100_000 == 0) Largest = Math.Max(Largest, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
    }
}
