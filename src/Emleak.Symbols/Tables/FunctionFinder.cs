using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>Finds functions by their names, comparing them in place, in one pass over each table.</summary>
internal static class FunctionFinder
{
    // Some versions are as long as this.
    private const int LongestVersion = 64;
    private const int LongestName = 16384;

    public static List<FunctionMatch> Find(ElfImage image, List<SymbolSource> sources, FunctionNames names)
    {
        List<FunctionMatch> found = [];
        HashSet<(string, ulong)> known = [];
        foreach (SymbolSource source in sources)
        {
            List<FunctionMatch> older = [];
            foreach ((string wanted, FunctionSymbol function, bool isDefault) in Search(image, source, names))
            {
                if (!known.Add((wanted, function.Address))) continue;
                (isDefault ? found : older).Add(new FunctionMatch(wanted, function));
            }

            // What programs of an earlier day are linked to is the one that is meant only when it is all there is.
            found.AddRange(older.Where(old => !found.Exists(match => match.Wanted == old.Wanted)));
        }

        return found;
    }

    /// <summary>What suggestions are made from: calls for the stored name of every function, in place.</summary>
    public static void ForEachName(List<SymbolSource> sources, NameVisitor visit)
    {
        foreach (SymbolSource source in sources)
        {
            ElfSymbolTable table = source.Read();
            for (int i = 0; i < table.Count; i++)
            {
                ElfSymbol symbol = table[i];
                if (source.IsCode(symbol)) visit(WithoutVersion(table.GetNamePrefix(symbol, LongestName), out _));
            }
        }
    }

    internal delegate void NameVisitor(ReadOnlySpan<byte> name);

    private static List<(string Wanted, FunctionSymbol Function, bool IsDefault)> Search(ElfImage image, SymbolSource source, FunctionNames names)
    {
        List<(string, FunctionSymbol, bool)> found = [];
        ElfSymbolTable table = source.Read();
        SymbolVersions versions = source.Kind == SymbolTableKind.Dynamic ? SymbolVersions.Of(source.Image) : default;
        int window = names.NeedsWholeNames ? LongestName : names.MaxLength + LongestVersion;
        for (int i = 0; i < table.Count; i++)
        {
            ElfSymbol symbol = table[i];
            if (!source.IsCode(symbol)) continue;
            ReadOnlySpan<byte> stored = WithoutVersion(table.GetNamePrefix(symbol, window), out bool isDefault);
            if (!names.TryMatch(stored, out string? wanted)) continue;

            // The executable file's segments, not the debug file's, which has no code.
            if (!image.TryGetFileOffset(symbol.Value, out ulong offset)) continue;
            bool indirect = symbol.Kind == ElfSymbolKind.IndirectFunction;
            FunctionSymbol function = new(
                Encoding.UTF8.GetString(stored), symbol.Value, offset, symbol.Size, symbol.Binding, indirect, source.Kind);
            found.Add((wanted, function, isDefault && !versions.IsHidden(i)));
        }

        return found;
    }

    /// <summary>Linkers write <c>name@@VERSION</c> for the default version and <c>name@VERSION</c> for others into <c>.symtab</c>.</summary>
    private static ReadOnlySpan<byte> WithoutVersion(ReadOnlySpan<byte> name, out bool isDefault)
    {
        isDefault = true;
        int at = name.IndexOf((byte)'@');
        if (at <= 0) return name;
        isDefault = name[at..].StartsWith("@@"u8);
        return name[..at];
    }
}
