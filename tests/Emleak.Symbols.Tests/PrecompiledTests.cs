using System.Reflection;
using Emleak.Elf;
using Emleak.Symbols.Fuzz;
using Emleak.Symbols.Precompiled;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Tests;

/// <summary>Methods that were compiled before they run, in the files of .NET libraries.</summary>
public sealed class PrecompiledTests
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    [Theory]
    [InlineData("precompiled/x64")]
    [InlineData("precompiled/arm64")]
    public void Every_method_has_its_code(string seed)
    {
        byte[] bytes = FuzzTargets.Suite.Seeds.Read(seed);
        using PrecompiledCode code = PrecompiledCode.TryRead(new MemoryBytes(bytes), MemoryBudget.ForFile(ElfLimits.Default, null))!;
        Dictionary<string, ulong> methods = [];
        for (ulong offset = 0; offset < (ulong)bytes.Length; offset++)
        {
            if (!code.TryFind(offset, out string? name, out ulong start)) continue;
            Assert.True(methods.TryAdd(name, start) ? start == offset : methods[name] == start, $"{name} starts at 0x{start:x} and at 0x{methods[name]:x}");
        }

        Assert.Equal(
            [
                "Small.Outer+Inner::.ctor", "Small.Outer+Inner::Check", "Small.Outer+Inner::Twice", "Small.Outer::.ctor", "Small.Outer::Once", "Small.Outer::Use",
                "Small.Shape::.ctor", "Small.Shape::get_Name", "Small.Square::.ctor", "Small.Square::Area",
            ],
            methods.Keys.Order(StringComparer.Ordinal));
        Assert.False(code.TryFind(ulong.MaxValue, out _, out _));
    }

    [Fact]
    public void Names_of_the_framework_are_those_of_its_methods()
    {
        using PrecompiledCode code = PrecompiledCode.TryOpen(typeof(object).Assembly.Location, TargetFiles.Own(ElfLimits.Default))!;
        ulong length = (ulong)new FileInfo(typeof(object).Assembly.Location).Length;
        HashSet<string> names = new(StringComparer.Ordinal);
        int found = 0;
        for (ulong offset = 0; offset < length; offset += 512)
        {
            if (!code.TryFind(offset, out string? name, out ulong start)) continue;
            Assert.InRange(start, 0ul, offset);
            found++;
            names.Add(name);
        }

        // The rest is instances of generic methods, handlers, tables and metadata.
        Assert.InRange(found, (int)(length / 512 / 10), (int)(length / 512));
        Assert.All(names.Take(2000), name =>
        {
            int end = name.IndexOf("::", StringComparison.Ordinal);
            Type type = typeof(object).Assembly.GetType(name[..end], throwOnError: true)!;
            string method = name[(end + 2)..];
            Assert.True(method is ".ctor" or ".cctor" ? type.GetConstructors(Any).Length > 0 || type.TypeInitializer is not null : type.GetMethods(Any).Any(candidate => candidate.Name == method), name);
        });
    }

    [Fact]
    public void What_is_no_such_library_has_none()
    {
        Assert.Null(PrecompiledCode.TryOpen("/bin/true", TargetFiles.Own(ElfLimits.Default)));
        Assert.Null(PrecompiledCode.TryOpen("/dev/zero", TargetFiles.Own(ElfLimits.Default)));

        // Its code is compiled when it runs.
        using PrecompiledCode? own = PrecompiledCode.TryOpen(typeof(PrecompiledTests).Assembly.Location, TargetFiles.Own(ElfLimits.Default));
        Assert.False(own!.TryFind(0x400, out _, out _));
    }

    [Fact]
    public void What_would_take_more_memory_than_there_is_has_no_names()
    {
        string path = typeof(object).Assembly.Location;
        TargetFiles files = TargetFiles.Own(ElfLimits.Default with { MaxTotalBytes = 1 << 16 });
        using (PrecompiledCode? code = PrecompiledCode.TryOpen(path, files))
        {
            for (ulong offset = 0; offset < 10_000_000; offset += 4096) Assert.False(code!.TryFind(offset, out _, out _));
            Assert.InRange(files.Budget.Taken, 1, 1 << 16);
        }

        Assert.Equal(0, files.Budget.Taken);
    }
}
