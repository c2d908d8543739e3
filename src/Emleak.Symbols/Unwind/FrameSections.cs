using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>Finds the call-frame information of a file, the most trusted first.</summary>
internal static class FrameSections
{
    // PT_GNU_EH_FRAME: where .eh_frame_hdr is (LSB Core, 10.6.2), which says where .eh_frame is.
    private const uint EhFrameHeaderSegment = 0x6474_e550;
    private const string EhFrame = ".eh_frame";

    public static List<FrameSection> Of(ElfImage image, ElfImage? debugFile)
    {
        List<FrameSection> found = [];
        if (BySection(image, EhFrame) is { } named) found.Add(named with { IsDebugFrame = false });
        else if (ByHeader(image) is { } unnamed) found.Add(unnamed);
        if (DebugFrame(image) is { } own) found.Add(own);
        if (debugFile is not null && DebugFrame(debugFile) is { } separate) found.Add(separate);
        return found;
    }

    private static FrameSection? DebugFrame(ElfImage image) => BySection(image, ".debug_frame") ?? BySection(image, ".zdebug_frame");

    private static FrameSection? BySection(ElfImage image, string name) =>
        image.FindSection(name) is { Size: > 0, Type: not (ElfSectionType.NoBits or ElfSectionType.Null) } section
            ? new FrameSection(image, name, section.FileOffset, section.Size, section.Address, section, IsDebugFrame: true)
            : null;

    private static FrameSection? ByHeader(ElfImage image)
    {
        ElfSegment header = image.Segments.FirstOrDefault(segment => segment.Type == EhFrameHeaderSegment);
        if (header.FileSize == 0) return null;
        try
        {
            ByteReader reader = new(image.GetData(header), ".eh_frame_hdr", image.IsBigEndian);
            if (reader.ReadU8() != 1) return null;
            byte encoding = reader.ReadU8();
            reader.Skip(2);
            ulong address = FramePointerEncoding.Read(ref reader, encoding, new FrameBases(image, header.Address));
            return At(image, address);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static FrameSection? At(ElfImage image, ulong address)
    {
        foreach (ElfSegment segment in image.Segments)
        {
            if (!segment.IsLoad || address - segment.Address >= segment.FileSize) continue;
            ulong into = address - segment.Address;
            return new FrameSection(image, EhFrame, segment.FileOffset + into, segment.FileSize - into, address, null, IsDebugFrame: false);
        }

        return null;
    }
}
