using Emleak.BpfLoader.Btf;
using Emleak.Elf;

namespace Emleak.Tracing;

/// <summary>The kernel's types from a file, for kernels that do not describe themselves: BTF as it is, or in an ELF file (`vmlinux`, BTFHub).</summary>
internal static class GivenTypes
{
    /// <param name="path">The file; null where the kernel's own description is to be taken.</param>
    /// <exception cref="EmleakException">It cannot be read, or is no such file.</exception>
    public static BtfTypes? Read(string? path)
    {
        if (path is null) return null;
        try
        {
            // A kernel's ELF file may be far larger than what is wanted of it.
            if (!IsElf(path)) return BtfTypes.Parse(File.ReadAllBytes(path));
            using ElfImage image = ElfImage.Open(path);
            ElfSection section = image.FindSection(".BTF") ?? throw new MalformedDataException(path, 0, "there is no section .BTF");
            return BtfTypes.Parse(image.GetBytes(section.FileOffset, section.Size).ToArray());
        }
        catch (Exception problem) when (problem is MalformedDataException or IOException or UnauthorizedAccessException)
        {
            throw new EmleakException(ExitCode.Usage, $"--btf {path}: {(problem is MalformedDataException ? problem.Message : SystemError.Describe(problem))}", problem);
        }
    }

    private static bool IsElf(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("\u007fELF"u8);
    }
}
