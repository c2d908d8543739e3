namespace Emleak.Symbols;

/// <summary>The order in which addresses are looked up: neighbours need the same tables.</summary>
internal static class AddressOrder
{
    /// <summary>Positions of the addresses, the lowest address first.</summary>
    public static int[] Of(ReadOnlySpan<ulong> addresses)
    {
        var order = new int[addresses.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        if (order.Length > 1) Array.Sort(addresses.ToArray(), order);
        return order;
    }
}
