using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols;

/// <summary>Finds what memory of a process an address lies in, and with it who can name it. Not safe for concurrent use.</summary>
internal sealed class FrameLocator(ProcessModules modules, PerfMapSearch perfMap)
{
    /// <summary>A frame with its place, and <see cref="Frame.Symbols"/> when there are tables to be asked.</summary>
    public Frame Locate(ulong address, AddressKind kind)
    {
        Frame frame = new() { Address = address, Kind = kind };
        return Locate(frame, modules.FindMapping(address - frame.Back));
    }

    /// <summary>The same for an address that may have been another library's since.</summary>
    public Frame Locate(CodeAddress address)
    {
        Frame frame = new() { Address = address.Address, Kind = address.Kind };
        return Locate(frame, modules.FindMapping(address.Address - frame.Back, address.Incarnation));
    }

    private Frame Locate(Frame frame, MemoryMapping? mapping)
    {
        ulong address = frame.Address;
        ulong looked = address - frame.Back;
        ProcessModule? module = mapping is null ? null : modules.FindModule(mapping);
        if (module is { Problem: null }) return InModule(frame, module, mapping!);
        if (mapping is null && KernelSymbols.Covers(looked)) return InKernel(frame, looked);
        if (perfMap.Map is { } map && map.TryFind(looked, out string? name, out ulong start))
        {
            return frame with { Function = name, Offset = address - start, Module = "[jit]" };
        }

        if (module?.Problem is { } problem) return InOtherFile(frame, module, mapping!, problem);
        return mapping is null ? InMemory(frame) : InCode(frame, mapping);
    }

    private static Frame InModule(Frame frame, ProcessModule module, MemoryMapping mapping)
    {
        frame = frame with { Module = module.Path };
        return module.TryGetLinkedAddress(mapping, frame.Address - frame.Back, out ulong linked)
            ? frame with { ModuleAddress = linked + frame.Back, Symbols = module.Symbols }
            : frame with { Reason = MissingReason.NotInSegment };
    }

    // Of a file that is no ELF file, the place in it is mostly all there is.
    private static Frame InOtherFile(Frame frame, ProcessModule module, MemoryMapping mapping, ModuleProblem problem)
    {
        ulong offset = unchecked(frame.Address - frame.Back - mapping.Start + mapping.FileOffset);
        frame = frame with { Module = module.Path, ModuleAddress = offset + frame.Back };
        return module.Precompiled is { } code && code.TryFind(offset, out string? name, out ulong start)
            ? frame with { Function = name, Offset = frame.ModuleAddress - start }
            : frame with { Reason = problem.Reason, Detail = problem.Detail };
    }

    private static Frame InKernel(Frame frame, ulong looked)
    {
        KernelSymbols kernel = KernelSymbols.Default;
        if (kernel.TryFind(looked, out string? name, out string? module, out ulong start))
        {
            return frame with { Function = name, Offset = frame.Address - start, Module = $"[{module}]", ModuleAddress = frame.Address };
        }

        return kernel.Problem is { } hidden
            ? frame with { Module = "[kernel]", ModuleAddress = frame.Address, Reason = MissingReason.KernelProvided, Detail = hidden }
            : frame with { Reason = MissingReason.NotMapped };
    }

    private Frame InCode(Frame frame, MemoryMapping mapping)
    {
        frame = InMapping(frame, mapping);
        if (!mapping.IsKernelProvided) return frame with { Reason = MissingReason.AnonymousCode };
        if (modules.Vdso is { } vdso && vdso.Mapping.Start == mapping.Start && vdso.TryGetLinkedAddress(frame.Address - frame.Back, out ulong linked))
        {
            return frame with { ModuleAddress = linked + frame.Back, Symbols = vdso.Symbols };
        }

        return frame with { Reason = MissingReason.KernelProvided };
    }

    private Frame InMemory(Frame frame) => modules.FindMemory(frame.Address - frame.Back) is { } mapping
        ? InMapping(frame, mapping) with { Reason = MissingReason.NotCode }
        : frame with { Reason = MissingReason.NotMapped };

    private static Frame InMapping(Frame frame, MemoryMapping mapping) => frame with
    {
        Module = mapping.Path.Length == 0 ? "[anon]" : mapping.Path,
        ModuleAddress = frame.Address - mapping.Start + (mapping.IsFile ? mapping.FileOffset : 0),
    };
}
