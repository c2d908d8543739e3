using System.Runtime.InteropServices;
using Emleak.Elf;
using Emleak.Tracing.Records;
using UnwindKind = Emleak.Symbols.Unwind.UnwindKind;
using UnwindRule = Emleak.Symbols.Unwind.UnwindRule;

namespace Emleak.Probes;

/// <summary>Where the caller of a function is, at one of its instructions, as a cookie of the programs (exit_cookie in bpf/emleak.h).</summary>
internal static class FrameRow
{
    private const int Word = 8;

    /// <summary>The cookie of a probe at a return: the frame is gone.</summary>
    /// <param name="machine">Whose code it is.</param>
    /// <param name="givesArgument">True for a jump to a function that gives back its first argument.</param>
    public static ulong AtReturn(ElfMachine machine, bool givesArgument) => Pack(Shape.Exit, new ExitCookie
    {
        GivesArgument = (byte)(givesArgument ? 1 : 0),
        Cfa = (ushort)(machine == ElfMachine.X64 ? 1 : 0),
        ReturnAddress = (sbyte)(machine == ElfMachine.X64 ? -1 : 0),
    });

    /// <summary>The cookie of a probe that does not ask for its caller.</summary>
    public static ulong Without(Shape shape) => Pack(shape, default);

    /// <summary>The cookie of a probe at any other place; null when the file does not say how its caller is found there, or by other means.</summary>
    public static ulong? At(ElfMachine machine, Shape shape, in UnwindRule rule)
    {
        bool isUsable = rule.Kind is UnwindKind.StackPointer or UnwindKind.FramePointer && rule.CfaOffset >= 0 && rule.CfaOffset % Word == 0
            && rule.CfaOffset / Word <= ushort.MaxValue && rule.FramePointer is <= 0 and >= sbyte.MinValue && rule.ReturnAddress is <= 0 and >= sbyte.MinValue;
        if (!isUsable || (machine == ElfMachine.X64 && rule.ReturnAddress != -1)) return null;
        return Pack(shape, new ExitCookie
        {
            ByFramePointer = (byte)(rule.Kind == UnwindKind.FramePointer ? 1 : 0),
            Cfa = (ushort)(rule.CfaOffset / Word),
            FramePointer = (sbyte)rule.FramePointer,
            ReturnAddress = (sbyte)rule.ReturnAddress,
        });
    }

    private static ulong Pack(Shape shape, ExitCookie cookie)
    {
        cookie.Shape = (byte)shape;
        return MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(new ReadOnlySpan<ExitCookie>(in cookie)));
    }
}
