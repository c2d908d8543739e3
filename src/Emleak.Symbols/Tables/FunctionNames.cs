using System.Diagnostics.CodeAnalysis;
using System.Text;
using Emleak.Symbols.Demangling;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Names of functions that are looked for, all of them in one pass over a symbol table. A name is either what is stored
/// there, or what stands in the source: <c>ns::Class::method</c>, with or without parameters and template arguments.
/// </summary>
public sealed class FunctionNames
{
    private const int MaxStored = 63;

    // Most names of a table are told apart by their length, up to MaxStored, and their first letter.
    private readonly bool[] _shapes = new bool[(MaxStored + 1) << 8];
    private readonly Dictionary<byte[], string> _stored = new(new ByteComparer());
    private readonly Dictionary<byte[], string>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<SourceName> _sources = [];

    private readonly bool _hasLong;

    /// <param name="names">The names.</param>
    /// <param name="alsoAsInSource">True to compare names as they stand in the source, too: that takes longer.</param>
    public FunctionNames(IEnumerable<string> names, bool alsoAsInSource = false)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (string name in names)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            if (bytes.Length == 0) throw new ArgumentException("a function's name is empty", nameof(names));
            _stored.TryAdd(bytes, name);
            MaxLength = Math.Max(MaxLength, bytes.Length);
            if (bytes.Length <= MaxStored) _shapes[(bytes.Length << 8) | bytes[0]] = true;
            else _hasLong = true;
            if (alsoAsInSource) _sources.Add(new SourceName(name));
        }

        _lookup = _stored.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Bytes of a stored name that must be seen to tell whether it is wanted.</summary>
    internal int MaxLength { get; private set; }

    /// <summary>True when names must be seen whole.</summary>
    internal bool NeedsWholeNames => _sources.Count > 0;

    /// <summary>Which of the names a stored one is, if any.</summary>
    /// <param name="stored">The name, without a version.</param>
    /// <param name="wanted">The name as it was asked for.</param>
    internal bool TryMatch(ReadOnlySpan<byte> stored, [NotNullWhen(true)] out string? wanted)
    {
        wanted = null;
        if (stored.IsEmpty) return false;
        bool isLikely = stored.Length <= MaxStored ? _shapes[(stored.Length << 8) | stored[0]] : _hasLong;
        if (isLikely && _lookup.TryGetValue(stored, out wanted)) return true;
        if (_sources.Count == 0 || stored[0] != '_') return false;
        foreach (SourceName source in _sources)
        {
            if (!source.IsLikely(stored)) continue;
            if (!source.Matches(stored)) continue;
            wanted = source.Name;
            return true;
        }

        return false;
    }

    /// <summary>A name as in the source. Blanks do not count.</summary>
    private sealed class SourceName(string name)
    {
        private readonly string _compared = WithoutBlanks(name);

        // Demangling costs a microsecond: only what has the function's own identifier in it may be the one.
        private readonly byte[]? _identifier = OwnIdentifier(name);

        public string Name => name;

        public bool IsLikely(ReadOnlySpan<byte> stored) => _identifier is null || stored.IndexOf(_identifier) >= 0;

        public bool Matches(ReadOnlySpan<byte> stored)
        {
            if (Demangler.Demangle(stored) is not string full) return false;
            full = WithoutBlanks(full);
            bool hasName = full.StartsWith(_compared, StringComparison.Ordinal)
                && (full.Length == _compared.Length || full[_compared.Length] == '(');
            return hasName || WithoutBlanks(Demangler.Demangle(stored, DemangleStyle.Short)!) == _compared;
        }

        private static string WithoutBlanks(string text) => text.Replace(" ", "", StringComparison.Ordinal);

        /// <summary>The identifier that every mangled form of the name spells out; null when there may be none (operators, constructors).</summary>
        private static byte[]? OwnIdentifier(string name)
        {
            int end = name.IndexOfAny(['(', '<']);
            string head = end < 0 ? name : name[..end];
            string[] parts = head.Split("::");
            string own = parts[^1].Trim();
            bool isSpelled = own.Length > 0 && own.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && (parts.Length == 1 || parts[^2] != own);
            return isSpelled ? Encoding.UTF8.GetBytes(own) : null;
        }
    }

    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] name) => GetHashCode(name.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> name)
        {
            HashCode hash = default;
            hash.AddBytes(name);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
