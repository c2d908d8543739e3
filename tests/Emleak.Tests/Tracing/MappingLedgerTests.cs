using Emleak.Tracing;
using Emleak.Tracing.Records;
using FsCheck;
using FsCheck.Fluent;

namespace Emleak.Tests.Tracing;

/// <summary>The ledger against a model that keeps every page by itself.</summary>
public sealed class MappingLedgerTests
{
    private const int Page = 16;
    private const int Pages = 24;

    [Fact]
    public void Any_sequence_of_changes_leaves_what_a_page_by_page_model_says()
    {
        Gen<MappingEvent> change =
            from kind in Gen.Frequency((4, Gen.Constant(MappingChange.Added)), (4, Gen.Constant(MappingChange.Removed)), (1, Gen.Constant(MappingChange.Kept)))
            from thread in Gen.Choose(1, 2)
            from page in Gen.Choose(0, Pages - 1)
            from length in Gen.Choose(0, 8 * Page)
            from stack in Gen.Choose(1, 4)
            select new MappingEvent
            {
                Change = kind,
                Tid = (uint)thread,
                Address = (ulong)(page * Page),
                Length = (ulong)length,
                Stack = (ulong)stack,
            };
        Prop.ForAll(change.ListOf().ToArbitrary(), changes =>
        {
            MappingLedger ledger = new(Page);
            PageModel model = new();
            foreach (MappingEvent e in changes)
            {
                // A kernel never keeps pages that it has meanwhile given to somebody else.
                if (e.Change == MappingChange.Kept && !model.CanKeep(e.Tid)) continue;
                ledger.Apply(e);
                model.Apply(e);
            }

            Assert.Equal(model.Totals(), ledger.Totals.Where(t => t.Value != default).OrderBy(t => t.Key).ToDictionary());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60));
    }

    [Fact]
    public void A_mapping_up_to_the_end_of_the_address_space_does_not_wrap_around()
    {
        MappingLedger ledger = new(Page);
        ledger.Apply(new MappingEvent { Change = MappingChange.Added, Address = ulong.MaxValue - 10, Length = 100, Stack = 1 });
        ledger.Apply(new MappingEvent { Change = MappingChange.Added, Address = Page, Length = 100, Stack = 2 });
        Assert.Equal(new StackTotal(10, 1), ledger.Totals[1]);
        ledger.Apply(new MappingEvent { Change = MappingChange.Removed, Address = 0, Length = ulong.MaxValue, Tid = 1 });
        Assert.Equal(default, ledger.Totals[1]);
        Assert.Equal(default, ledger.Totals[2]);
    }

    /// <summary>Bytes by bytes' owner: slow, and easy to believe.</summary>
    private sealed class PageModel
    {
        private readonly Dictionary<ulong, int> _ownerOfByteBlock = [];
        private readonly Dictionary<int, ulong> _stackOfOwner = [];
        private readonly Dictionary<uint, Dictionary<ulong, int>> _removed = [];
        private int _owners;

        public bool CanKeep(uint thread) =>
            !_removed.TryGetValue(thread, out Dictionary<ulong, int>? bytes) || bytes.Keys.All(b => !_ownerOfByteBlock.ContainsKey(b));

        public void Apply(in MappingEvent e)
        {
            ulong end = e.Address + e.Length;
            ulong pageEnd = (end + Page - 1) / Page * Page;
            switch (e.Change)
            {
                case MappingChange.Added:
                    Take(e.Address, pageEnd);
                    _stackOfOwner[++_owners] = e.Stack;
                    for (ulong b = e.Address; b < end; b++) _ownerOfByteBlock[b] = _owners;
                    break;
                case MappingChange.Removed:
                    _removed[e.Tid] = Take(e.Address, pageEnd);
                    break;
                default:
                    if (!_removed.Remove(e.Tid, out Dictionary<ulong, int>? back)) return;
                    foreach ((ulong b, int owner) in back) _ownerOfByteBlock[b] = owner;
                    break;
            }
        }

        public Dictionary<int, StackTotal> Totals() => _ownerOfByteBlock
            .GroupBy(entry => _stackOfOwner[entry.Value])
            .OrderBy(group => group.Key)
            .ToDictionary(group => (int)group.Key, group => new StackTotal(group.LongCount(), group.Select(entry => entry.Value).Distinct().Count()));

        private Dictionary<ulong, int> Take(ulong start, ulong end)
        {
            Dictionary<ulong, int> taken = [];
            for (ulong b = start; b < end; b++)
            {
                if (_ownerOfByteBlock.Remove(b, out int owner)) taken[b] = owner;
            }

            return taken;
        }
    }
}
