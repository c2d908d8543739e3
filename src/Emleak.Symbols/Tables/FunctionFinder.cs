using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>Finds functions by name, comparing names in place.</summary>
internal static class FunctionFinder
{
    public static List<FunctionSymbol> Find(ElfImage image, List<SymbolSource> sources, string name)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(name);
        List<FunctionSymbol> found = [];
        foreach (SymbolSource source in sources)
        {
            ElfSymbolTable table = source.Read();
            for (int i = 0; i < table.Count; i++)
            {
                ElfSymbol symbol = table[i];
                if (!source.IsCode(symbol) || !table.HasName(symbol, wanted)) continue;

                // The executable file's segments, not the debug file's, which has no code.
                if (!image.TryGetFileOffset(symbol.Value, out ulong offset)) continue;
                if (found.Exists(known => known.Address == symbol.Value)) continue;
                bool indirect = symbol.Kind == ElfSymbolKind.IndirectFunction;
                found.Add(new FunctionSymbol(name, symbol.Value, offset, symbol.Size, symbol.Binding, indirect, source.Kind));
            }
        }

        return found;
    }
}
