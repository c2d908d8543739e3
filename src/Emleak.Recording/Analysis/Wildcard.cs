namespace Emleak.Recordings.Analysis;

/// <summary>Patterns with <c>*</c> for any characters, and <c>?</c> for one where that is meant.</summary>
internal static class Wildcard
{
    /// <summary>True when the whole text fits. Takes no longer than the product of the lengths.</summary>
    public static bool Fits(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool hasSingle)
    {
        int p = 0, t = 0, star = -1, retry = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                retry = t;
            }
            else if (p < pattern.Length && (pattern[p] == text[t] || (hasSingle && pattern[p] == '?')))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++retry;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }
}
