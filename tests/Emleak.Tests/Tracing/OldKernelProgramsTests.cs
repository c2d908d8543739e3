using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Tracing;

namespace Emleak.Tests.Tracing;

/// <summary>
/// What verifiers of old kernels count: instructions (4,096 below 5.2), ways that lead back to where they came from (none below 5.3), and
/// how many instructions they look at, one path after the other (131,072 below 5.2).
/// </summary>
public sealed class OldKernelProgramsTests(ITestOutputHelper output)
{
    private const int MostInstructions = 4096;
    private const uint MostLookedAt = 131072;

    private static readonly string[] Used = ["emleak_enter", "emleak_return", "process_executed", "process_ended", "process_forked", "process_loaded"];

    [Theory]
    [InlineData("emleak-unlooped.bpf.o")]
    [InlineData("process.bpf.o")]
    public void No_way_leads_back_and_there_are_few_instructions(string name)
    {
        BpfObject spec = EmbeddedObject.Open(name);
        foreach (ProgramSpec program in spec.Programs.Values.Where(program => Used.Contains(program.Name, StringComparer.Ordinal)))
        {
            output.WriteLine($"{program.Name}: {program.Instructions.Length} instructions");
            Assert.InRange(program.Instructions.Length, 1, MostInstructions);
            Assert.Null(FindLoop(program.Instructions));
        }
    }

    [Fact]
    public void A_way_back_is_found_where_there_is_one() =>
        Assert.NotNull(FindLoop(EmbeddedObject.Open("emleak-bounded.bpf.o").Programs["emleak_return"].Instructions));

    [Fact]
    public void The_verifier_looks_at_few()
    {
        BpfObject spec = EmbeddedObject.Open("emleak-unlooped.bpf.o");
        using TracingPrograms programs = TracingPrograms.Load(spec, AttachMethod.PerfEventsByAddress, new TracingOptions());
        foreach (BpfProgram program in programs.Loaded.Programs.Values)
        {
            uint looked = program.GetInfo().VerifiedInstructions;
            output.WriteLine($"{program.Name}: {looked} looked at");
            Assert.InRange(looked, 1U, MostLookedAt);
        }
    }

    // As check_cfg of kernel/bpf/verifier.c: an edge to an instruction that is still on the way here is a loop.
    private static int? FindLoop(BpfInstruction[] code)
    {
        bool[] isOnWay = new bool[code.Length], isDone = new bool[code.Length];
        Stack<(int At, Queue<int> Next)> way = new();
        Enter(0);
        while (way.TryPeek(out (int At, Queue<int> Next) here))
        {
            if (!here.Next.TryDequeue(out int next))
            {
                isOnWay[here.At] = false;
                isDone[here.At] = true;
                way.Pop();
            }
            else if (isOnWay[next])
            {
                return here.At;
            }
            else if (!isDone[next])
            {
                Enter(next);
            }
        }

        return null;

        void Enter(int at)
        {
            isOnWay[at] = true;
            way.Push((at, new Queue<int>(After(code, at))));
        }
    }

    // linux/bpf.h: classes 5 and 6 jump, 0x18 takes two instructions' places; a call of a function goes there, and on.
    private static IEnumerable<int> After(BpfInstruction[] code, int at)
    {
        const int Exit = 0x95, Call = 0x85, Always = 0x05, Wide = 0x18, OfFunction = 1;
        BpfInstruction instruction = code[at];
        if (instruction.Code == Exit) yield break;
        if (instruction.Code != Always) yield return at + (instruction.Code == Wide ? 2 : 1);
        if (instruction.Code == Call && instruction.Source == OfFunction) yield return at + 1 + instruction.Immediate;
        else if ((instruction.Code & 7) is 5 or 6 && instruction.Code != Call) yield return at + 1 + instruction.Offset;
    }
}
