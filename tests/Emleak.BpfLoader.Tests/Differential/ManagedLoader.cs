using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>The loader under test.</summary>
internal static class ManagedLoader
{
    public static LoadOutcome Load(byte[] content)
    {
        try
        {
            using BpfCollection loaded = BpfObject.Parse(content).Load();
            Dictionary<string, IReadOnlyList<string>> programs = new(StringComparer.Ordinal);
            foreach (BpfProgram program in loaded.Programs.Values) programs[program.Name] = Translation.Of($"id {IdOf(program)}");
            return new LoadOutcome(programs, Refusal: null);
        }
        catch (VerifierException e)
        {
            return LoadOutcome.Refused($"program {e.ProgramName}: errno {e.ErrorNumber}");
        }
        catch (Exception e) when (e is BpfException or MalformedDataException)
        {
            return LoadOutcome.Refused(e.Message);
        }
    }

    private static string IdOf(BpfProgram program) =>
        File.ReadLines($"/proc/self/fdinfo/{program.FileDescriptor}").First(line => line.StartsWith("prog_id:", StringComparison.Ordinal))["prog_id:".Length..].Trim();
}
