using System.Buffers;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>Asks the kernel what a link is, and then for the text that links of its type have.</summary>
internal static unsafe class LinkQuery
{
    private const int TextRoom = 4096;

    // BPF_PERF_EVENT_TRACEPOINT of linux/bpf.h, an enum without members here: the kinds before it have a file or a function.
    private const uint LastPerfEventWithName = 5;

    public static LinkInfo Ask(BpfHandle link, string description)
    {
        BpfLinkInfo info = default;
        KernelObject.Describe(link, description, ref info);
        return new LinkInfo(info.Id, (BpfLinkType)info.Type, info.ProgId, AskForTarget(link, info));
    }

    private static string? AskForTarget(BpfHandle link, in BpfLinkInfo known)
    {
        byte[] room = ArrayPool<byte>.Shared.Rent(TextRoom);
        try
        {
            fixed (byte* text = room)
            {
                room[0] = 0;
                BpfLinkInfo info = default;
                switch ((BpfLinkType)known.Type)
                {
                    case BpfLinkType.RawTracepoint:
                        info.RawTracepoint.TpName = (ulong)text;
                        info.RawTracepoint.TpNameLen = TextRoom;
                        break;
                    case BpfLinkType.UprobeMulti:
                        info.UprobeMulti.Path = (ulong)text;
                        info.UprobeMulti.PathSize = TextRoom;
                        break;
                    case BpfLinkType.PerfEvent when known.PerfEvent.Type is > 0 and <= LastPerfEventWithName:
                        // The kinds of events have their text at the same place.
                        info.PerfEvent.Uprobe.FileName = (ulong)text;
                        info.PerfEvent.Uprobe.NameLen = TextRoom;
                        break;
                    default:
                        return null;
                }

                return BpfSyscall.GetInfo(link, ref info) == Errno.None && room[0] != 0 ? KernelObject.Text(room) : null;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }
}
