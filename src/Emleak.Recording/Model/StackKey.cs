using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Recordings.Model;

/// <summary>
/// Identity of a stack across runs and machines: its functions by <see cref="FunctionIdentity"/>, inlined ones too, and what has no name by its module
/// and offset. Lines and addresses do not count.
/// </summary>
/// <param name="Value">A hash that is the same on every machine. Two stacks of one recording may have one key.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct StackKey(ulong Value)
{
    /// <summary>Outside of every stack.</summary>
    public static StackKey Root { get; } = new(0x9ae16a3b2f90404f);

    /// <summary>The key of a stack that this one calls from a function.</summary>
    /// <param name="function">Hash of the function's identity.</param>
    public StackKey Below(ulong function) => new(Mix(Value ^ function) + function);

    /// <summary>The key as sixteen hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, out StackKey key)
    {
        bool isKey = ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) && text!.Length == 16;
        key = new StackKey(value);
        return isKey;
    }

    /// <summary>A hash of text that is the same on every machine: FNV-1a over its UTF-16 units.</summary>
    internal static ulong HashOf(ReadOnlySpan<char> text)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (char unit in text) hash = (hash ^ unit) * 0x100000001b3;
        return Mix(hash);
    }

    // The finalizer of splitmix64: a bit of the input changes half of the output.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
