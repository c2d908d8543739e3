using System.Text;
using Emleak.Symbols.Demangling;

namespace Emleak.Symbols.Tables;

/// <summary>
/// The function names that a misspelled one may have meant: those that the compiler made of it (<c>name.constprop.0</c>), those
/// that contain it, and those that few letters tell apart from it. Works through any number of tables in bounded time for each name.
/// </summary>
public sealed class NearestNames
{
    // A name of this many letters is not typed by hand.
    private const int LongestName = 120;
    private const int MostSuggestions = 5;

    private readonly string _wanted;
    private readonly int _mostErrors;
    private readonly SortedSet<(int Distance, string Name)> _best = [];
    private readonly int[] _row = new int[LongestName + 1];

    /// <param name="wanted">The name that was not found.</param>
    public NearestNames(string wanted)
    {
        ArgumentException.ThrowIfNullOrEmpty(wanted);
        _wanted = wanted.Length <= LongestName ? wanted : wanted[..LongestName];
        _mostErrors = Math.Clamp(_wanted.Length / 3, 1, 4);
    }

    /// <summary>The best, best first; at most five.</summary>
    public IReadOnlyList<string> Names => [.. _best.Select(item => item.Name)];

    /// <summary>Compares a stored name, mangled or not.</summary>
    internal void Consider(ReadOnlySpan<byte> stored)
    {
        if (stored.Length > 4096) return;
        if (stored is [(byte)'_', (byte)'Z' or (byte)'R', ..])
        {
            // The last identifier is spelled out in a mangled name: without a letter of the wanted one's start there is nothing to look at.
            if (stored.Length < _wanted.Length - _mostErrors || Demangler.Demangle(stored, DemangleStyle.Short) is not string name) return;
            Offer(name);
            int own = name.LastIndexOf("::", StringComparison.Ordinal);
            if (own >= 0 && !_wanted.Contains("::", StringComparison.Ordinal)) Offer(name[(own + 2)..], name);
            return;
        }

        if (stored.Length <= LongestName + _mostErrors) Offer(Encoding.UTF8.GetString(stored));
    }

    private void Offer(string name) => Offer(name, name);

    private void Offer(string compared, string shown)
    {
        if (compared.Length == 0 || DistanceTo(compared) is not int distance) return;
        _best.Add((distance, shown));
        if (_best.Count > MostSuggestions) _best.Remove(_best.Max);
    }

    private int? DistanceTo(string name)
    {
        // Clones first, then typing errors, then names that the wanted one is a part of.
        if (name.Length > _wanted.Length && name.StartsWith(_wanted, StringComparison.Ordinal) && name[_wanted.Length] == '.') return 0;
        if (EditDistance(name) is int errors && errors <= _mostErrors) return errors;
        bool isPart = _wanted.Length >= 4 && name.Length <= LongestName && name.Contains(_wanted, StringComparison.OrdinalIgnoreCase);
        return isPart ? _mostErrors + name.Length - _wanted.Length : null;
    }

    private int? EditDistance(string name)
    {
        if (Math.Abs(name.Length - _wanted.Length) > _mostErrors) return null;
        for (int j = 0; j <= _wanted.Length; j++) _row[j] = j;
        foreach (char c in name)
        {
            int diagonal = _row[0]++;
            int least = _row[0];
            for (int j = 1; j <= _wanted.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(c) == char.ToLowerInvariant(_wanted[j - 1]) ? 0 : 1);
                diagonal = _row[j];
                _row[j] = Math.Min(replaced, Math.Min(_row[j], _row[j - 1]) + 1);
                least = Math.Min(least, _row[j]);
            }

            if (least > _mostErrors) return null;
        }

        return _row[_wanted.Length];
    }
}
