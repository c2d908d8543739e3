using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Model;

/// <summary>Which stacks are the same one in two runs of two builds.</summary>
public sealed class StackKeyTests
{
    [Theory]
    [InlineData("serve", "serve")]
    [InlineData("serve.constprop.0", "serve")]
    [InlineData("serve.isra.0.part.12.cold", "serve")]
    [InlineData("serve.llvm.1234567890", "serve")]
    [InlineData("serve.part.0.lto_priv.3", "serve")]
    [InlineData("_ZN4Pool4takeEm.cold", "_ZN4Pool4takeEm")]
    [InlineData("serve.c", "serve.c")]
    [InlineData("v1.2", "v1.2")]
    [InlineData(".cold", ".cold")]
    [InlineData("", "")]
    [InlineData("_ZN4core3fmt5write17h0123456789abcdefE", "_ZN4core3fmt5writeE")]
    [InlineData("_ZN4core3fmt5write17h0123456789abcdefE.llvm.77", "_ZN4core3fmt5writeE")]
    [InlineData("core::fmt::write::h0123456789abcdef", "core::fmt::write")]
    [InlineData("core::fmt::write::h0123456789abcdeg", "core::fmt::write::h0123456789abcdeg")]
    public void A_functions_identity_is_its_name_without_what_a_build_adds(string name, string identity) => Assert.Equal(identity, FunctionIdentity.Of(new Function(name)));

    [Fact]
    public void Rusts_newer_names_are_taken_without_the_hashes_of_crates() =>
        Assert.Equal(FunctionIdentity.Of(new Function("_RNvCs1_7mycrate3foo", "mycrate::foo")), FunctionIdentity.Of(new Function("_RNvCsAb9_7mycrate3foo", "mycrate::foo")));

    [Theory]
    [InlineData("/usr/lib/libfoo-1.2.so.3.4", "libfoo.so")]
    [InlineData("/lib/libc-2.31.so", "libc.so")]
    [InlineData("libstdc++.so.6.0.33", "libstdc++.so")]
    [InlineData("/opt/app-2", "app-2")]
    [InlineData("[jit]", "[jit]")]
    [InlineData("/x/1.2.so", "1.2.so")]
    public void A_modules_identity_has_no_folder_and_no_version(string path, string name) => Assert.Equal(name, FunctionIdentity.BaseName(path));

    [Fact]
    public void Lines_addresses_paths_and_clones_do_not_count()
    {
        StackKey one = KeyOf("serve.constprop.0", "/opt/v1/server", 0x1000, 10);
        Assert.Equal(one, KeyOf("serve", "/opt/v2/server", 0x2000, 99));
        Assert.NotEqual(one, KeyOf("serve2", "/opt/v1/server", 0x1000, 10));
    }

    [Fact]
    public void Order_and_inlined_calls_count()
    {
        RecordingBuilder recording = new(Samples.Header);
        int f = Frame(recording, "f", 1);
        int g = Frame(recording, "g", 2);
        int inlined = recording.AddFrame(new Frame { Address = 3, Function = 1, Inlined = [new InlinedCall(0, null, 0, 0)] });
        recording.AddStack(1, [f, g]);
        recording.AddStack(2, [g, f]);
        recording.AddStack(3, [inlined]);
        recording.AddStack(4, [g]);
        StackKey[] keys = [.. recording.Build().Stacks.Select(stack => stack.Key)];
        // f called by g is one path, whether it was inlined or not.
        Assert.Equal(keys[0], keys[2]);
        Assert.Equal(3, keys.Distinct().Count());
    }

    [Fact]
    public void A_key_is_the_same_on_every_machine_and_in_every_version()
    {
        Assert.Equal("9b314f1e864e30b5", Samples.Ended().Stacks[0].Key.ToString());
        Assert.True(StackKey.TryParse("00000000000000ff", out StackKey key));
        Assert.Equal(new StackKey(255), key);
        Assert.False(StackKey.TryParse("ff", out _));
    }

    private static StackKey KeyOf(string function, string module, ulong address, int line)
    {
        RecordingBuilder recording = new(Samples.Header);
        int at = recording.AddModule(new Module { Path = module });
        int index = recording.AddFunction(new Function(function));
        int named = recording.AddFrame(new Frame { Address = address, Module = at, ModuleAddress = address, Function = index, FunctionOffset = 4, File = "a.c", Line = line });
        int library = recording.AddModule(new Module { Path = $"/usr/lib/libz.so.1.{line}" });
        int unnamed = recording.AddFrame(new Frame { Address = address * 3, Module = library, ModuleAddress = 0x77 });
        recording.AddStack(1, [unnamed, named]);
        return recording.Build().Stacks[0].Key;
    }

    private static int Frame(RecordingBuilder recording, string function, ulong address) =>
        recording.AddFrame(new Frame { Address = address, Function = recording.AddFunction(new Function(function)) });
}
