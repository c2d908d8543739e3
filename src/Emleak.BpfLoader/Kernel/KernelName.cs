namespace Emleak.BpfLoader.Kernel;

/// <summary>Names as the kernel takes them: at most 15 letters, digits, underscores and dots, then a zero byte.</summary>
internal static class KernelName
{
    public const int Size = 16;

    // Names with dots came with the data sections that have them.
    private static bool TakesDots() => KernelFeatures.GlobalData.Probe() != FeatureSupport.No;

    /// <summary>Writes as much of <paramref name="name"/> as fits; other characters become underscores, before 5.2 dots too.</summary>
    public static void Write(string name, Span<byte> into)
    {
        into.Clear();
        int length = Math.Min(name.Length, Size - 1);
        for (int i = 0; i < length; i++)
            into[i] = char.IsAsciiLetterOrDigit(name[i]) || (name[i] == '.' && TakesDots()) ? (byte)name[i] : (byte)'_';
    }
}
