using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// What the name of a program's section says: <c>[?]kind[/target]</c>, as in the kernel documentation "Program Types and ELF Sections".
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProgramSection(
    BpfProgramType Type, BpfAttachType AttachType = default, uint LoadFlags = 0, bool IsReturnProbe = false)
{
    // Above any of the table: a hostile name of a million slashes is not searched.
    private const int LongestKind = 64;

    /// <summary>Makes an empty specification of what the section's name says.</summary>
    /// <returns>A specification of type 0 when the name is of no kind that is known: it is the caller's to set.</returns>
    public static ProgramSpec CreateSpec(string program, string section)
    {
        string name = section.TrimStart('?');
        string kind = name[..Math.Min(name.Length, LongestKind)];
        ProgramSection known;
        while (!ProgramSectionKinds.TryGet(kind, out known))
        {
            // Kinds may have slashes themselves (cgroup/connect4): the longest one counts.
            int slash = kind.LastIndexOf('/');
            if (slash < 0) return new ProgramSpec(program, section) { IsLoaded = !section.StartsWith('?') };
            kind = kind[..slash];
        }

        string? target = kind.Length + 1 < name.Length ? name[(kind.Length + 1)..] : null;
        return new ProgramSpec(program, section)
        {
            Type = known.Type,
            ExpectedAttachType = known.AttachType,
            LoadFlags = known.LoadFlags,
            IsReturnProbe = known.IsReturnProbe,
            SectionKind = kind,
            AttachTarget = target,
            IsLoaded = !section.StartsWith('?'),
        };
    }
}
