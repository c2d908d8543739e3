using System.Runtime.InteropServices;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>
/// Tiny BTF blobs, offered to the kernel to learn which kinds it knows. Layout: Documentation/bpf/btf.rst of the kernel.
/// </summary>
internal static class BtfProbe
{
    /// <summary>The first type of every blob.</summary>
    public const uint IntegerType = 1;

    private const ushort Magic = 0xeb9f;
    private const uint HeaderLength = 24;

    private const uint KindInt = 1u << 24;
    private const uint KindFunction = 12u << 24;
    private const uint KindFunctionPrototype = 13u << 24;
    private const uint KindVariable = 14u << 24;
    private const uint KindDataSection = 15u << 24;
    private const uint GlobalLinkage = 1;

    // "\0i\0.bss\0": a name for everything, and the one that data sections must have.
    private const uint Name = 1;
    private const uint SectionName = 3;

    private static ReadOnlySpan<byte> Strings => "\0i\0.bss\0"u8;

    private static ReadOnlySpan<uint> Integer => [Name, KindInt, 4, 32];

    public static FeatureSupport DataSections() => Offer([
        .. Integer,
        Name, KindVariable, 1, GlobalLinkage,
        SectionName, KindDataSection | 1, 4, /* variable */ 2, /* offset */ 0, /* size */ 4,
    ]);

    public static FeatureSupport GlobalFunctions() => Offer([
        .. Integer,
        0, KindFunctionPrototype, 1,
        Name, KindFunction | GlobalLinkage, 2,
    ]);

    /// <summary>BTF with nothing but a 32-bit integer, of number <see cref="IntegerType"/>.</summary>
    public static Errno LoadInteger(out BpfHandle? btf) => BpfSyscall.LoadBtf(Assemble(Integer), [], out btf);

    private static FeatureSupport Offer(ReadOnlySpan<uint> types)
    {
        Errno errno = BpfSyscall.LoadBtf(Assemble(types), [], out BpfHandle? handle);
        handle?.Dispose();
        return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
    }

    private static byte[] Assemble(ReadOnlySpan<uint> types)
    {
        ReadOnlySpan<byte> typeBytes = MemoryMarshal.AsBytes(types);
        uint typeLength = (uint)typeBytes.Length;
        ReadOnlySpan<uint> header =
            [Magic | (1u << 16), HeaderLength, 0, typeLength, typeLength, (uint)Strings.Length];
        return [.. MemoryMarshal.AsBytes(header), .. typeBytes, .. Strings];
    }
}
