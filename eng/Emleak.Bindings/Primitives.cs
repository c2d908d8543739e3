namespace Emleak.Bindings;

/// <summary>C# names of integers.</summary>
internal static class Primitives
{
    public static string NameOf(uint size, bool isSigned) => (size, isSigned) switch
    {
        (1, false) => "byte",
        (1, true) => "sbyte",
        (2, false) => "ushort",
        (2, true) => "short",
        (4, false) => "uint",
        (4, true) => "int",
        (8, false) => "ulong",
        (8, true) => "long",
        (16, false) => "UInt128",
        (16, true) => "Int128",
        _ => throw new InvalidDataException($"an integer of {size} bytes"),
    };
}
