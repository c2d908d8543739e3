using System.Buffers;
using System.Globalization;

namespace Emleak.Recordings.Model;

/// <summary>What makes two functions of two builds the same one.</summary>
public static class FunctionIdentity
{
    private const int RustHashDigits = 16;

    // gcc's and clang's names for parts and copies of a function; each may be numbered.
    private static readonly string[] CloneSuffixes = [".constprop", ".isra", ".part", ".cold", ".lto_priv", ".llvm", ".localalias", ".__uniq"];

    private static readonly SearchValues<char> HashDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>A function's name without what compilers append to copies of a function, and without the hash of a Rust compiler.</summary>
    public static string Of(Function function)
    {
        ArgumentNullException.ThrowIfNull(function);
        // Rust's newer mangling has the hash of each crate inside the name; in the source's form it has none.
        string stored = function.Name.StartsWith("_R", StringComparison.Ordinal) && function.FullName is string full ? full : function.Name;
        ReadOnlySpan<char> name = WithoutClones(stored);
        if (name.StartsWith("_ZN") && name.EndsWith("E") && EndsWithHash(name[..^1], "17h")) return string.Concat(name[..^(RustHashDigits + 4)], "E");
        if (EndsWithHash(name, "::h")) return name[..^(RustHashDigits + 3)].ToString();
        return name.Length == stored.Length ? stored : name.ToString();
    }

    /// <summary>Code without a name: its module without folder and version, and the offset in it.</summary>
    public static string Of(Module? module, ulong offset) => module is null
        ? "[unknown]"
        : string.Create(CultureInfo.InvariantCulture, $"{BaseName(module.Path)}+0x{offset:x}");

    /// <summary>A file's name without folder, and a library's without its version: <c>libfoo-1.2.so.3.4</c> is <c>libfoo.so</c>.</summary>
    public static string BaseName(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        ReadOnlySpan<char> name = path.StartsWith('[') ? path : path.AsSpan(path.LastIndexOf('/') + 1);
        int end = WithoutNumbers(name);
        if (!name[..end].EndsWith(".so")) return name.ToString();
        ReadOnlySpan<char> stem = name[..(end - 3)];
        int version = stem.Length;
        while (version > 0 && (char.IsAsciiDigit(stem[version - 1]) || stem[version - 1] == '.')) version--;
        if (version > 1 && version < stem.Length && stem[version - 1] == '-') stem = stem[..(version - 1)];
        return string.Concat(stem, ".so");
    }

    private static ReadOnlySpan<char> WithoutClones(ReadOnlySpan<char> name)
    {
        while (true)
        {
            ReadOnlySpan<char> plain = name[..WithoutNumbers(name)];
            int cut = 0;
            foreach (string suffix in CloneSuffixes)
            {
                if (plain.EndsWith(suffix)) cut = suffix.Length;
            }

            // A name that is nothing but a suffix is a name.
            if (cut == 0 || cut == plain.Length) return name;
            name = plain[..^cut];
        }
    }

    // Where ".1.23" begins that the name ends with.
    private static int WithoutNumbers(ReadOnlySpan<char> name)
    {
        int end = name.Length;
        for (int i = end - 1; i > 0; i--)
        {
            if (char.IsAsciiDigit(name[i])) continue;
            if (name[i] != '.' || i == end - 1) break;
            end = i;
        }

        return end;
    }

    private static bool EndsWithHash(ReadOnlySpan<char> name, ReadOnlySpan<char> before) => name.Length > RustHashDigits + before.Length
        && !name[^RustHashDigits..].ContainsAnyExcept(HashDigits)
        && name[..^RustHashDigits].EndsWith(before);
}
