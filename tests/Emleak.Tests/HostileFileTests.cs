using System.Globalization;
using System.IO.Compression;
using Emleak.Elf;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Files of the traced program that are made to hurt: the trace and its files are there, and emleak stays small.</summary>
public sealed class HostileFileTests
{
    private const int MostMemory = 300 << 10;
    private const ulong CompressedFlag = 0x800;

    private static readonly string[] DebugSections = [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str", ".debug_line_str", ".debug_aranges", ".debug_rnglists"];

    [Fact]
    public void A_library_that_is_cut_and_restored_all_the_time_ends_nothing()
    {
        using TestFolder folder = new();
        string library = Path.Combine(folder.Path, "library.so");
        File.Copy(BuildLibrary(folder), library);
        using RunningProcess target = new(Workloads.CompileWith("truncating", "-pthread"), [library], folder.Path);
        target.WaitForLine("ready");
        for (int round = 0; round < 4; round++)
        {
            using TestFolder traced = new();
            using EmleakRun emleak = EmleakRun.Attach(target, traced.Path, "-i", "1");
            Thread.Sleep(300);
            emleak.Signal("INT");
            Assert.Equal(0, emleak.WaitForExit());
            Assert.NotEmpty(emleak.Files().HoldsFrom("forget"));
        }
    }

    [Theory]
    [InlineData("debug")]
    [InlineData("symbols")]
    [InlineData("unwinding")]
    [InlineData("texts")]
    [InlineData("names")]
    public void A_bomb_costs_names_and_not_the_trace(string kind)
    {
        using TestFolder folder = new();
        string library = Path.Combine(folder.Path, "bomb.so");
        File.WriteAllBytes(library, MakeBomb(File.ReadAllBytes(BuildLibrary(folder)), kind));
        using RunningProcess target = new(Workloads.CompileWith("mapper", "-ldl"), [library], folder.Path);
        target.WaitForLine("ready");
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, "-i", "1");
        target.SendLine();
        target.WaitForLine("done");
        emleak.Signal("INT");
        int most = 0;
        while (!emleak.HasExited)
        {
            most = Math.Max(most, LargestMemory(emleak.Pid));
            Thread.Sleep(5);
        }

        Assert.Equal(0, emleak.WaitForExit());
        Assert.InRange(most, 1, MostMemory);
        Assert.Contains((100_000, 100), emleak.Files().Rows);
        Assert.Contains("main+0x", emleak.Files().Stacks, StringComparison.Ordinal);
    }

    private static string BuildLibrary(TestFolder folder)
    {
        string library = Path.Combine(folder.Path, "whole.so");
        using System.Diagnostics.Process gcc = System.Diagnostics.Process.Start(
            "gcc", ["-g", "-gdwarf-5", "-O1", "-shared", "-fPIC", "-fno-omit-frame-pointer", Path.Combine(Workloads.Sources, "mapped.c"), "-o", library]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return library;
    }

    private static byte[] MakeBomb(byte[] file, string kind)
    {
        switch (kind)
        {
            case "debug":
                foreach (string name in DebugSections) Replace(ref file, name, Compress([], (1L << 31) - 64));
                break;
            case "symbols":
                foreach (string name in (string[])[".symtab", ".strtab"]) Replace(ref file, name, Compress([], (1L << 31) - 64));
                break;
            case "unwinding":
                Replace(ref file, ".eh_frame", Compress([], (1L << 31) - 64));
                break;
            case "texts":
                // Every text runs on into one of 16 MB, the largest that any ratio may make.
                foreach (string name in (string[])[".debug_str", ".debug_line_str"])
                {
                    byte[] texts = BytesOf(file, name);
                    texts.AsSpan().Replace((byte)0, (byte)'B');
                    Replace(ref file, name, Compress(texts, (1 << 24) - texts.Length, (byte)'A'));
                }

                break;
            default:
                byte[] names = BytesOf(file, ".strtab");
                names.AsSpan(1).Replace((byte)0, (byte)'B');
                Replace(ref file, ".strtab", [.. names, .. Enumerable.Repeat((byte)'A', 1 << 24), 0], isCompressed: false);
                break;
        }

        return file;
    }

    private static byte[] Compress(byte[] start, long more, byte filling = 0)
    {
        MemoryStream packed = new();
        packed.Write([.. BitConverter.GetBytes(1u), 0, 0, 0, 0, .. BitConverter.GetBytes(start.Length + more), .. BitConverter.GetBytes(1UL)]);
        using (ZLibStream stream = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(start);
            byte[] block = new byte[1 << 20];
            block.AsSpan().Fill(filling);
            for (long left = more; left > 0; left -= block.Length) stream.Write(block.AsSpan(0, (int)Math.Min(left, block.Length)));
        }

        return packed.ToArray();
    }

    private static byte[] BytesOf(byte[] file, string name)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        return image.GetData(image.FindSection(name)!).ToArray();
    }

    /// <summary>Puts new bytes of a section at the end of the file.</summary>
    private static void Replace(ref byte[] file, string name, byte[] data, bool isCompressed = true)
    {
        using ElfImage image = ElfImage.FromMemory(file.ToArray());
        if (image.FindSection(name) is not { } section) return;

        // Elf64_Ehdr.e_shoff, and of Elf64_Shdr the flags, the offset and the size.
        int header = (int)BitConverter.ToUInt64(file, 40) + (section.Index * 64);
        BitConverter.TryWriteBytes(file.AsSpan(header + 8), isCompressed ? section.Flags | CompressedFlag : section.Flags);
        BitConverter.TryWriteBytes(file.AsSpan(header + 24), (ulong)file.Length);
        BitConverter.TryWriteBytes(file.AsSpan(header + 32), (ulong)data.Length);
        file = [.. file, .. data];
    }

    /// <summary>The most that a process had in memory until now, in KiB; 0 when it has gone.</summary>
    private static int LargestMemory(int pid)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
