using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>
/// The columns of the statistics: one for each stack, in the order in which they first held something. A later row has more of them than an earlier one.
/// Rows are not kept: hours of them are gigabytes.
/// </summary>
public sealed class StatisticsColumns
{
    private readonly List<LiveStack> _stacks = [];
    private readonly Dictionary<int, int> _places = [];

    /// <summary>The stacks, each as it was when it came.</summary>
    public IReadOnlyList<LiveStack> Stacks => _stacks;

    /// <summary>Makes columns for stacks that have none.</summary>
    /// <param name="live">What holds something, in the original's order.</param>
    public void Add(IEnumerable<LiveStack> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        foreach (LiveStack stack in live)
        {
            if (_places.TryAdd(stack.Index, _stacks.Count)) _stacks.Add(stack);
        }
    }

    /// <summary>Makes columns for stacks that have none, and the bytes of every column. Empty while nothing has ever been live.</summary>
    /// <param name="live">What holds something, in the original's order.</param>
    public long[] RowOf(IReadOnlyList<LiveStack> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        Add(live);
        var bytes = new long[_stacks.Count];
        foreach (LiveStack stack in live) bytes[_places[stack.Index]] = stack.Bytes;
        return bytes;
    }
}
