using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>Scans as records, and back.</summary>
internal static class ScanCoding
{
    public static ScanRecord Encode(Scan scan)
    {
        IReadOnlyList<StackScan> stacks = scan.Stacks;
        return new ScanRecord(
            scan.Time,
            scan.StoppedMicroseconds,
            scan.IsConcurrent,
            [.. stacks.Select(stack => stack.Stack)],
            Column(stack => stack.DefinitelyLost.Bytes),
            Column(stack => stack.DefinitelyLost.Blocks),
            Column(stack => stack.IndirectlyLost.Bytes),
            Column(stack => stack.IndirectlyLost.Blocks),
            Column(stack => stack.PossiblyLost.Bytes),
            Column(stack => stack.PossiblyLost.Blocks),
            Column(stack => stack.Reachable.Bytes),
            Column(stack => stack.Reachable.Blocks),
            OrNone(stack => stack.ResidentBytes),
            OrNone(stack => stack.OldestSeconds),
            OrNone(stack => stack.MedianSeconds),
            stacks.Any(stack => stack.Holder is not null) ? [.. stacks.Select(stack => stack.Holder)] : null);

        long[] Column(Func<StackScan, long> field) => [.. stacks.Select(field)];
        long?[]? OrNone(Func<StackScan, long?> field) => stacks.Any(stack => field(stack) is not null) ? [.. stacks.Select(field)] : null;
    }

    /// <param name="record">The record.</param>
    /// <param name="knownStacks">How many stacks there are before the record.</param>
    /// <exception cref="RecordingException">The columns do not fit each other, or a stack is not there.</exception>
    public static Scan Decode(ScanRecord record, int knownStacks)
    {
        int[] stacks = record.Stacks;
        Array?[] columns =
        [
            stacks, record.DefinitelyBytes, record.DefinitelyBlocks, record.IndirectlyBytes, record.IndirectlyBlocks, record.PossiblyBytes, record.PossiblyBlocks,
            record.ReachableBytes, record.ReachableBlocks,
        ];
        Array?[] optional = [record.ResidentBytes, record.OldestSeconds, record.MedianSeconds, record.Holder];
        bool fits = Array.TrueForAll(columns, column => column?.Length == stacks?.Length && column is not null)
            && Array.TrueForAll(optional, column => column is null || column.Length == stacks!.Length)
            && Array.TrueForAll(stacks!, stack => stack >= 0 && stack < knownStacks);
        if (!fits) throw new RecordingException("damaged recording: the columns of a scan do not fit its stacks");
        return new Scan
        {
            Time = record.Time,
            StoppedMicroseconds = record.StoppedMicroseconds,
            IsConcurrent = record.IsConcurrent,
            Stacks = [.. stacks!.Select((stack, i) => new StackScan
            {
                Stack = stack,
                DefinitelyLost = new BlockSum(record.DefinitelyBytes[i], record.DefinitelyBlocks[i]),
                IndirectlyLost = new BlockSum(record.IndirectlyBytes[i], record.IndirectlyBlocks[i]),
                PossiblyLost = new BlockSum(record.PossiblyBytes[i], record.PossiblyBlocks[i]),
                Reachable = new BlockSum(record.ReachableBytes[i], record.ReachableBlocks[i]),
                ResidentBytes = record.ResidentBytes?[i],
                OldestSeconds = record.OldestSeconds?[i],
                MedianSeconds = record.MedianSeconds?[i],
                Holder = record.Holder?[i],
            })],
        };
    }
}
