using System.Globalization;
using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Tests;

public sealed class SymbolizerTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("-no-pie")]
    [InlineData("-pie")]
    public void Functions_of_the_program_and_of_libc_are_named(string pie)
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple, pie));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);

        Frame hidden = symbolizer.Symbolize(target["hidden"], AddressKind.Exact);
        Assert.Equal(("hidden", 0u, _workshop["simple"], MissingReason.None), (hidden.Function, hidden.Offset, hidden.Module, hidden.Reason));
        Assert.Equal("visible", symbolizer.Symbolize(target["visible"], AddressKind.Exact).Function);
        Assert.Equal(("visible", 1u), NameAndOffset(symbolizer.Symbolize(target["visible"] + 1, AddressKind.Exact)));

        Frame caller = symbolizer.Symbolize(target["return"], AddressKind.Return);
        Assert.Equal("visible", caller.Function);
        Assert.Equal(target["return"] - target["visible"], caller.Offset);
        Assert.Equal(target["return"], caller.Address);

        Frame malloc = symbolizer.Symbolize(target["malloc"], AddressKind.Exact);
        Assert.Equal(("malloc", 0u), NameAndOffset(malloc));
        Assert.Contains("libc.so", malloc.Module, StringComparison.Ordinal);
        string nm = _workshop.Run("nm", "simple");
        Assert.Contains($"{hidden.ModuleAddress:x16} t hidden", nm, StringComparison.Ordinal);
    }

    [Fact]
    public void A_return_address_after_the_last_call_of_a_function_names_that_function()
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple, "-no-pie", "-O1"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        FunctionSymbol function = Assert.Single(symbolizer.Modules[0].FindFunctions("last_words"));
        ulong end = function.Address + function.Size;
        Frame frame = symbolizer.Symbolize(end, AddressKind.Return);
        Assert.Equal(("last_words", function.Size), NameAndOffset(frame));
        Assert.False(symbolizer.Symbolize(end, AddressKind.Exact).Function == "last_words");
    }

    [Fact]
    public void Names_are_made_after_the_process_has_exited_and_its_file_is_gone()
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        target.Exit();
        File.Delete(_workshop["simple"]);
        Assert.False(symbolizer.Refresh());
        Assert.Equal("hidden", symbolizer.Symbolize(target["hidden"], AddressKind.Exact).Function);
        Assert.Equal("malloc", symbolizer.Symbolize(target["malloc"], AddressKind.Exact).Function);
    }

    [Fact]
    public void A_deleted_executable_is_read_though_another_file_has_taken_its_name()
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple));
        File.Delete(_workshop["simple"]);
        _workshop.Write("simple", "not a program");
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize(target["hidden"], AddressKind.Exact);
        Assert.Equal("hidden", frame.Function);
        Assert.Equal(_workshop["simple"], frame.Module);
    }

    [Fact]
    public void Libraries_are_seen_after_refresh_and_named_after_they_are_unloaded()
    {
        _workshop.Write("plugin.c", Programs.Plugin);
        _workshop.Run("gcc", "-shared", "-fPIC", "plugin.c", "-o", "plugin.so");
        using Target target = Target.Start(Compile("loader", Programs.Loader), _workshop["plugin.so"]);
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        target.Step();
        Assert.Equal(MissingReason.NotMapped, symbolizer.Symbolize(target["plugin"], AddressKind.Exact).Reason);
        Assert.True(symbolizer.Refresh());
        Assert.Equal("plugin", symbolizer.Symbolize(target["plugin"], AddressKind.Exact).Function);
        target.Step();
        Assert.True(symbolizer.Refresh());
        Assert.Equal("plugin", symbolizer.Symbolize(target["plugin"], AddressKind.Exact).Function);
    }

    [Fact]
    public void A_process_whose_main_thread_has_left_is_read()
    {
        using Target target = Target.Start(Compile("leaving", Programs.LeavingMain, "-pthread"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Assert.Equal("worker", symbolizer.Symbolize(target["worker"], AddressKind.Exact).Function);
    }

    [Fact]
    public void Addresses_without_a_name_have_a_reason()
    {
        using Target target = Target.Start(Compile("code", Programs.RunTimeCode));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Assert.Equal(MissingReason.AnonymousCode, symbolizer.Symbolize(target["anonymous"], AddressKind.Exact).Reason);
        Assert.Equal(MissingReason.AnonymousCode, symbolizer.Symbolize(target["memory_file"], AddressKind.Exact).Reason);
        foreach (ulong address in (ulong[])[0, 1, ulong.MaxValue])
        {
            Assert.Equal(MissingReason.NotMapped, symbolizer.Symbolize(address, AddressKind.Return).Reason);
        }

        Assert.Equal(("[anon]", 0x10u), ModuleAndOffset(symbolizer.Symbolize(target["anonymous"] + 0x10, AddressKind.Exact)));
        Assert.Equal(("/memfd:doublemapper", 0x10u), ModuleAndOffset(symbolizer.Symbolize(target["memory_file"] + 0x10, AddressKind.Exact)));
    }

    [Fact]
    public void An_address_of_data_says_what_memory_it_is()
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize(target["heap"], AddressKind.Exact);
        Assert.Equal(("[heap]", MissingReason.NotCode), (frame.Module, frame.Reason));
        MemoryMapping heap = ProcessMaps.Read(target.Pid).Find(target["heap"])!;
        Assert.Equal(target["heap"] - heap.Start, frame.ModuleAddress);
    }

    [Fact]
    public void The_kernels_code_in_the_process_is_named_from_its_memory()
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        MemoryMapping vdso = ProcessMaps.Read(target.Pid).Mappings.Single(mapping => mapping.Path == "[vdso]");
        ulong[] addresses = [.. Enumerable.Range(0, (int)(vdso.End - vdso.Start)).Select(offset => vdso.Start + (ulong)offset)];
        Frame[] frames = symbolizer.Symbolize(addresses, AddressKind.Exact);
        Assert.All(frames, frame => Assert.Equal("[vdso]", frame.Module));
        Assert.Contains(frames, frame => frame.Function?.EndsWith("clock_gettime", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Functions_of_the_kernel_are_named()
    {
        string[] line = File.ReadLines("/proc/kallsyms").Select(text => text.Split(' ')).First(words => words is [_, "T", "vfs_read"]);
        ulong address = ulong.Parse(line[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.SkipWhen(address == 0, "the kernel hides its addresses");
        using Target target = Target.Start(Compile("simple", Programs.Simple));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize(address + 5, AddressKind.Exact);
        Assert.Equal(("vfs_read", 5u, "[kernel]"), (frame.Function, frame.Offset, frame.Module));
    }

    [Fact]
    public void A_stripped_program_says_that_it_has_no_symbols_or_none_there()
    {
        string path = Compile("simple", Programs.Simple, "-s");
        using Target target = Target.Start(path);
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize(target["hidden"], AddressKind.Exact);
        Assert.Equal((null, MissingReason.NoSymbols), (frame.Function, frame.Reason));
        Assert.Equal(path, frame.Module);
        Assert.NotEqual(0u, frame.ModuleAddress);
    }

    [Fact]
    public void Corrupt_modules_give_reasons_and_never_exceptions()
    {
        string mapper = Compile("mapper", Programs.MapsFile);
        byte[] good = File.ReadAllBytes(Compile("simple", Programs.Simple));
        Random random = new(11);
        int named = 0;
        int explained = 0;
        for (int round = 0; round < 40; round++)
        {
            var bad = (byte[])good.Clone();
            for (int flips = random.Next(1, 60); flips > 0; flips--) bad[^random.Next(1, bad.Length - 64)] = (byte)random.Next(256);
            if (round % 4 == 0) bad = bad[..random.Next(1, bad.Length)];
            using Target target = Target.Start(mapper, _workshop.Write($"bad{round}", bad));
            using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
            ulong[] addresses = [.. Enumerable.Range(0, 0x2000).Select(offset => target["file"] + (ulong)offset)];
            Frame[] frames = symbolizer.Symbolize(addresses, AddressKind.Exact);
            Assert.All(frames, frame => Assert.Equal(frame.Function is null, frame.Reason != MissingReason.None));
            named += frames.Count(frame => frame.Function is not null);
            explained += frames.Count(frame => frame.Reason == MissingReason.FileMalformed && frame.Detail is not null);
        }

        Assert.True(named > 0 && explained > 0, $"{named} named, {explained} malformed");
    }

    [Fact]
    public void A_file_that_is_no_elf_is_malformed_and_says_so()
    {
        using Target target = Target.Start(Compile("mapper", Programs.MapsFile), _workshop.Write("odd name\n\\ (deleted)", "hello"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize(target["file"], AddressKind.Exact);
        Assert.Equal(MissingReason.FileMalformed, frame.Reason);
        Assert.Contains("not an ELF file", frame.Detail, StringComparison.Ordinal);
        Assert.Contains("odd name\n", frame.Module, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_does_not_exist_is_an_io_exception()
    {
        Assert.ThrowsAny<IOException>(() => Symbolizer.ForProcess(int.MaxValue));
    }

    [Fact]
    public void Allocator_functions_are_found_at_the_offset_that_a_probe_needs()
    {
        using Target target = Target.Start(Compile("simple", Programs.Simple, "-pie"));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        ProcessModule libc = symbolizer.Modules.Single(module => module.FindFunctions("malloc").Any(found => found.Table == SymbolTableKind.Dynamic) && module.Path.Contains("libc.so", StringComparison.Ordinal));
        FunctionSymbol malloc = Assert.Single(libc.FindFunctions("malloc"));
        Assert.True(libc.TryGetFileOffset(target["malloc"], out ulong offset));
        Assert.Equal(malloc.FileOffset, offset);
        Assert.True(libc.TryGetLinkedAddress(target["malloc"], out ulong linked));
        Assert.Equal(malloc.Address, linked);
        Assert.Equal(ElfSymbolBinding.Global, malloc.Binding);
        Assert.Empty(libc.FindFunctions("mallo"));
        Assert.Contains(libc.FindFunctions("memcpy"), found => found.IsIndirect);
        Assert.Equal(20, libc.BuildId.Length);
    }

    private static (string?, ulong) ModuleAndOffset(Frame frame) => (frame.Module, frame.ModuleAddress);

    private static (string?, ulong) NameAndOffset(Frame frame) => (frame.Function, frame.Offset);

    private string Compile(string name, string source, params string[] options)
    {
        _workshop.Write(name + ".c", source);
        _workshop.Run("gcc", [.. options, name + ".c", "-o", name, "-w", "-Wl,--build-id"]);
        return _workshop[name];
    }
}
