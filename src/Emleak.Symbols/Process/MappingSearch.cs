namespace Emleak.Symbols.Process;

/// <summary>Binary search over mappings in ascending order.</summary>
internal static class MappingSearch
{
    public static MemoryMapping? Find(IReadOnlyList<MemoryMapping> ascending, ulong address)
    {
        int after = FirstEndingAfter(ascending, address);
        return after < ascending.Count && ascending[after].Contains(address) ? ascending[after] : null;
    }

    /// <summary>Index of the first mapping whose end lies after <paramref name="address"/>; the count when there is none.</summary>
    public static int FirstEndingAfter(IReadOnlyList<MemoryMapping> ascending, ulong address)
    {
        int low = 0;
        int high = ascending.Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) / 2);
            if (ascending[middle].End <= address) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
