using System.Buffers.Binary;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>BPF objects of other people: as files of Debian packages, and inside the executables there.</summary>
internal static class EmbeddedObjects
{
    private const ushort BpfMachine = 247;
    private const int HeaderSize = 64;

    private static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];

    /// <summary>The objects of a package by the name of their file, in order; empty when the package is not installed.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> OfPackage(string package)
    {
        bool isInstalled = File.Exists($"/var/lib/dpkg/info/{package}.list") || File.Exists($"/var/lib/dpkg/info/{package}:amd64.list");
        return isInstalled ? In(Tools.Run("dpkg-query", $"-L {package}").Split('\n', StringSplitOptions.RemoveEmptyEntries)) : [];
    }

    /// <summary>The objects in files, by the name of their file, in order.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> In(IEnumerable<string> paths)
    {
        List<(string Name, byte[] Content)> found = [];
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            FileInfo file = new(path);
            if (!file.Exists || file.LinkTarget is not null) continue;
            List<byte[]> objects = Cut(File.ReadAllBytes(path));
            for (int i = 0; i < objects.Count; i++) found.Add((objects.Count == 1 ? file.Name : $"{file.Name}-{i + 1}", objects[i]));
        }

        return found;
    }

    /// <summary>The BPF objects in a file: each reaches to the end of its table of section headers, which compilers put last.</summary>
    private static List<byte[]> Cut(ReadOnlySpan<byte> file)
    {
        List<byte[]> found = [];
        for (int at = 0; at + HeaderSize <= file.Length; at++)
        {
            int next = file[at..].IndexOf(Magic);
            if (next < 0) break;
            at += next;
            ReadOnlySpan<byte> start = file[at..];
            if (start.Length < HeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(start[18..]) != BpfMachine) continue;
            ulong headers = BinaryPrimitives.ReadUInt64LittleEndian(start[40..]);
            int size = BinaryPrimitives.ReadUInt16LittleEndian(start[58..]);
            int count = BinaryPrimitives.ReadUInt16LittleEndian(start[60..]);
            found.Add(start[..checked((int)headers + (size * count))].ToArray());
        }

        return found;
    }
}
