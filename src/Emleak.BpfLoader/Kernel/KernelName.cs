namespace Emleak.BpfLoader.Kernel;

/// <summary>Names as the kernel takes them: at most 15 letters, digits, underscores and dots, then a zero byte.</summary>
internal static class KernelName
{
    public const int Size = 16;

    /// <summary>Writes as much of <paramref name="name"/> as fits; other characters become underscores.</summary>
    public static void Write(string name, Span<byte> into)
    {
        into.Clear();
        int length = Math.Min(name.Length, Size - 1);
        for (int i = 0; i < length; i++)
            into[i] = char.IsAsciiLetterOrDigit(name[i]) || name[i] == '.' ? (byte)name[i] : (byte)'_';
    }
}
