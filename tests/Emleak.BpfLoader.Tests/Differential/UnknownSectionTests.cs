using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>Sections whose names say nothing of a program's type: the object opens, and its other programs are loaded.</summary>
public sealed class UnknownSectionTests
{
    private const string Source = """
        SEC("my_tc_prog") int p(void *ctx) { return 0; }
        SEC("xdp") int q(void *ctx) { return 2; }
        """;

    [Fact]
    public void Other_programs_are_there_and_the_unknown_one_is_refused_when_it_is_loaded()
    {
        BpfObject spec = Parse(Source);
        Assert.Equal(BpfProgramType.Unspec, spec.Programs["p"].Type);
        BpfException refused = Assert.Throws<BpfException>(() => spec.Load());
        Assert.Contains("'my_tc_prog'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ProgramSpec.Type", refused.Message, StringComparison.Ordinal);
        using BpfCollection loaded = spec.Load(new LoadOptions { LeaveOut = ["p"] });
        Assert.Equal(["q"], loaded.Programs.Keys);
    }

    [Theory]
    [InlineData("my_tc_prog", "classifier", BpfProgramType.SchedCls)]
    [InlineData("a/b/c", "xdp", BpfProgramType.Xdp)]
    [InlineData("kprobes", "kprobe", BpfProgramType.Kprobe)]
    public void With_a_type_it_is_loaded_as_libbpf_does(string section, string type, BpfProgramType known)
    {
        byte[] content = Tools.CompileBpf($"{BpfPrelude.Text}SEC(\"{section}\") int p(void *ctx) {{ return 1; }}");
        using FileSystemMount folder = new("bpf");
        LoadOutcome theirs = new ReferenceLoader(folder).Load("unknown", content, type);
        LoadOutcome ours = ManagedLoader.Load(content, spec => spec.Programs["p"].Type = known);
        Assert.Null(theirs.Refusal);
        Assert.Null(ours.DifferenceTo(theirs));
        Assert.Equal(theirs.Types, ours.Types);
    }

    [Fact]
    public void One_behind_a_question_mark_does_no_harm()
    {
        using BpfCollection loaded = Parse("SEC(\"?whatever\") int p(void *ctx) { return 0; }").Load();
        Assert.Empty(loaded.Programs);
    }

    private static BpfObject Parse(string source) => BpfObject.Parse(Tools.CompileBpf(BpfPrelude.Text + source));
}
