using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Tests;

public sealed class DebugFileTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("simple.debug")]
    [InlineData(".debug/simple.debug")]
    [InlineData("/usr/lib/debug/SELF/simple.debug")]
    public void A_stripped_program_is_named_from_the_file_that_it_links_to(string place)
    {
        Split("-Wl,--build-id=none");
        string folder = _workshop.Folder;
        Assert.Equal("hidden", FindIn(place.Replace("SELF", folder.TrimStart('/'), StringComparison.Ordinal)));
    }

    [Fact]
    public void A_stripped_program_is_named_from_the_build_id_folder_of_the_target()
    {
        Split("-Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567");
        Assert.Equal("hidden", FindIn("/usr/lib/debug/.build-id/01/23456789abcdef0123456789abcdef01234567.debug"));
    }

    [Theory]
    [InlineData("/opt/debug", true)]
    [InlineData("../../../../../../../../opt/debug", true)]
    [InlineData("WORKSHOP/opt/debug", false)]
    public void Links_in_the_root_folder_of_the_target_stay_in_it(string link, bool isInside)
    {
        Split("-Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567");
        string root = Directory.CreateDirectory(_workshop["root/usr/lib"]).Parent!.Parent!.FullName;
        string stored = (isInside ? root : _workshop.Folder) + "/opt/debug/.build-id/01";
        File.Move(_workshop["simple.debug"], Directory.CreateDirectory(stored).FullName + "/23456789abcdef0123456789abcdef01234567.debug");
        File.CreateSymbolicLink(root + "/usr/lib/debug", link.Replace("WORKSHOP", _workshop.Folder, StringComparison.Ordinal));
        using ElfImage image = ElfImage.Open(_workshop["simple"]);
        using RootFolder seen = RootFolder.At(root)!;
        DebugFile? found = DebugFileSearch.Find(image, new FileLocation(_workshop["simple"], TargetFiles.Own(ElfLimits.Default) with { Root = seen }));
        Assert.Equal(isInside, found is not null);
        found?.Image.Dispose();
    }

    [Fact]
    public void A_file_with_another_build_id_is_not_used()
    {
        Split("-Wl,--build-id=0x0123456789abcdef");
        File.Move(_workshop["simple"], _workshop["kept"]);
        Split("-Wl,--build-id=0x0123456789abcdee");
        File.Delete(_workshop["simple"]);
        File.Move(_workshop["kept"], _workshop["simple"]);
        Assert.Null(FindIn("/usr/lib/debug/.build-id/01/23456789abcdef.debug"));
    }

    [Fact]
    public void A_file_with_another_checksum_is_not_used()
    {
        Split("-Wl,--build-id=none");
        File.AppendAllText(_workshop["simple.debug"], "x");
        Assert.Null(FindIn("simple.debug"));
    }

    [Fact]
    public void A_running_stripped_program_is_named_from_its_debug_file()
    {
        Split("-Wl,--build-id");
        using Target target = Target.Start(_workshop["simple"]);
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Assert.EndsWith("simple.debug", symbolizer.Modules[0].DebugFilePath, StringComparison.Ordinal);
        Assert.Equal("hidden", symbolizer.Symbolize(target["hidden"], AddressKind.Exact).Function);
        Assert.Equal(SymbolTableKind.DebugFile, Assert.Single(symbolizer.Modules[0].FindFunctions("hidden")).Table);
        Assert.True(symbolizer.Modules[0].TryGetFileOffset(target["hidden"], out ulong offset));
        Assert.Equal(offset, symbolizer.Modules[0].FindFunctions("hidden")[0].FileOffset);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("")]
    public void A_link_that_leads_elsewhere_is_malformed(string name)
    {
        ElfBuilder builder = new();
        byte[] text = [.. System.Text.Encoding.UTF8.GetBytes(name), 0];
        builder.AddSection(".gnu_debuglink", 1, [.. text, .. new byte[(-text.Length & 3) + 4]]);
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        Assert.Throws<MalformedDataException>(() => DebugLink.Read(image));
        Assert.Null(DebugFileSearch.Find(image, new FileLocation("/x/y", TargetFiles.Own(ElfLimits.Default))));
    }

    /// <summary>Splits the test program into a stripped one and its debug information, linked.</summary>
    private void Split(string buildId)
    {
        _workshop.Write("simple.c", Programs.Simple);
        _workshop.Run("gcc", "-g", "-pie", buildId, "simple.c", "-o", "simple", "-w");
        _workshop.Run("objcopy", "--only-keep-debug", "simple", "simple.debug");
        _workshop.Run("strip", "simple");
        _workshop.Run("objcopy", "--add-gnu-debuglink=simple.debug", "simple");
    }

    /// <summary>Puts the debug file at a place of a root folder of the test's own, and looks a static function up.</summary>
    private string? FindIn(string place)
    {
        string root = _workshop["root"];
        string folder = root + _workshop.Folder;
        string destination = place.StartsWith('/') ? root + place : Path.Combine(folder, place);
        Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
        File.Move(_workshop["simple.debug"], destination);

        using ElfImage image = ElfImage.Open(_workshop["simple"]);
        using RootFolder seen = RootFolder.At(root)!;
        DebugFile? found = DebugFileSearch.Find(image, new FileLocation(_workshop["simple"], TargetFiles.Own(ElfLimits.Default) with { Root = seen }));
        if (found is null) return null;
        Assert.Equal(destination, found.Path);
        using ElfImage debug = found.Image;
        return FunctionFinder.Find(image, [new SymbolSource(debug, SymbolTableKind.DebugFile)], new FunctionNames(["hidden"])).Single().Function.Name;
    }
}
