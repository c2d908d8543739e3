namespace Emleak.Symbols.Tests.Demangling;

/// <summary>Names with random damage, the same for the same seed.</summary>
internal static class Mutations
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

    public static IEnumerable<string> Of(string[] names, int seed)
    {
        Random random = new(seed);
        while (true)
        {
            string name = names[random.Next(names.Length)];
            for (int changes = random.Next(1, 4); changes > 0; changes--) name = Change(name, names, random);
            yield return name;
        }
    }

    private static string Change(string name, string[] names, Random random)
    {
        int at = random.Next(name.Length + 1);
        string letter = Letters[random.Next(Letters.Length)].ToString();
        string tail = name[Math.Min(at + 1, name.Length)..];
        return random.Next(6) switch
        {
            0 => name.Insert(at, letter),
            1 => name[..at] + tail,
            2 => name[..at] + letter + tail,
            3 => name.Insert(at, Piece(names[random.Next(names.Length)], random)),
            4 => name.Insert(at, Piece(name, random)),
            _ => name[..at],
        };
    }

    private static string Piece(string name, Random random)
    {
        int start = random.Next(name.Length);
        return name.Substring(start, random.Next(name.Length - start + 1));
    }
}
