using System.Buffers.Binary;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>BPF objects of other people: the tools of Debian's package libbpf-tools carry one each inside their executables.</summary>
internal static class EmbeddedObjects
{
    private const string Package = "libbpf-tools";
    private const ushort BpfMachine = 247;
    private const int HeaderSize = 64;

    private static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];

    /// <summary>The objects by the name of their tool, in order; empty when the package is not installed.</summary>
    public static IReadOnlyList<(string Tool, byte[] Object)> FindAll()
    {
        List<(string Tool, byte[] Object)> found = [];
        if (!File.Exists($"/var/lib/dpkg/info/{Package}.list")) return found;
        foreach (string path in Tools.Run("dpkg-query", $"-L {Package}").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))
        {
            FileInfo file = new(path);
            bool isTool = path.Contains("/sbin/", StringComparison.Ordinal) && file.Exists && file.LinkTarget is null;
            if (isTool && TryCut(File.ReadAllBytes(path)) is { } cut) found.Add((file.Name, cut));
        }

        return found;
    }

    /// <summary>The first BPF object in a file: it reaches to the end of its table of section headers, which compilers put last.</summary>
    private static byte[]? TryCut(ReadOnlySpan<byte> file)
    {
        for (int at = 1; at + HeaderSize <= file.Length; at++)
        {
            int next = file[at..].IndexOf(Magic);
            if (next < 0) return null;
            at += next;
            ReadOnlySpan<byte> start = file[at..];
            if (start.Length < HeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(start[18..]) != BpfMachine) continue;
            ulong headers = BinaryPrimitives.ReadUInt64LittleEndian(start[40..]);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(start[58..]);
            int count = BinaryPrimitives.ReadUInt16LittleEndian(start[60..]);
            return start[..checked((int)headers + (size * count))].ToArray();
        }

        return null;
    }
}
