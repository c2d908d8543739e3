using Emleak.Elf;
using Emleak.Symbols.Debuginfo;

namespace Emleak.Symbols.Dwarf.Split;

/// <summary>
/// Finds the units that skeletons stand for (DWARF 5, section 7.3.2): in the package beside the file, or in files of their own. A unit
/// counts only when its id is the skeleton's.
/// </summary>
/// <param name="code">Where the linked file has its code.</param>
/// <param name="locations">Where the file with the skeletons is, and the program that it belongs to.</param>
internal sealed class SplitUnits(CodeSections code, IReadOnlyList<FileLocation> locations) : IDisposable
{
    private readonly CodeSections _code = code;
    private readonly IReadOnlyList<FileLocation> _locations = locations;
    private bool _isPackageSought;
    private ElfImage? _package;
    private PackageIndex? _index;

    /// <summary>The unit that a skeleton stands for; null when the unit is no skeleton.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="problem">Why the unit of a skeleton is not there.</param>
    /// <exception cref="MalformedDataException">The skeleton, or the package's row of it, is corrupt.</exception>
    public SplitUnit? Find(Unit unit, out string? problem)
    {
        problem = null;
        if (!unit.Root.SplitName.IsPresent || unit.GetString(unit.Root.SplitName) is not { Length: > 0 } name) return null;
        if ((FindInPackage(unit) ?? FindFile(unit, name)) is { } found) return found;
        problem = $"split unit {name} is not found";
        return null;
    }

    public void Dispose() => _package?.Dispose();

    private SplitUnit? FindInPackage(Unit skeleton)
    {
        if (!_isPackageSought) OpenPackage();
        if (_index?.Find(skeleton.SplitId) is not { } part) return null;
        return Open(_package!, part, skeleton) is { } unit ? new SplitUnit(unit, null) : null;
    }

    private void OpenPackage()
    {
        _isPackageSought = true;
        foreach (FileLocation location in _locations)
        {
            _package = location.TryOpen(location.Path + ".dwp", file => (_index = PackageIndex.Read(file)) is not null)?.Image;
            if (_package is not null) return;
        }
    }

    private SplitUnit? FindFile(Unit skeleton, string name)
    {
        string folder = skeleton.GetString(skeleton.Root.CompilationFolder) ?? "";
        foreach (FileLocation location in _locations)
        {
            // Where the compiler put it, or moved together with the program.
            foreach (string path in (string[])[Path.Combine(folder, name), name])
            {
                Unit? unit = null;
                if (location.TryOpen(path, file => (unit = Open(file, null, skeleton)) is not null) is { } found) return new SplitUnit(unit!, found.Image);
            }
        }

        return null;
    }

    private Unit? Open(ElfImage file, PackagePart? part, Unit skeleton)
    {
        if (skeleton.SplitId == 0 || file.IsBigEndian != skeleton.Sections.IsBigEndian) return null;
        DwarfUnits units = new(DwarfSections.OfSplit(file, _code, part), skeleton);
        for (int i = 0; i < units.Table.Count; i++)
        {
            // Before version 5 the id is not in the header.
            if (units.Table[i] is { Format.Version: >= 5 } header && header.SplitId != skeleton.SplitId) continue;
            if (units[i].SplitId == skeleton.SplitId) return units[i];
        }

        return null;
    }
}
