using Emleak.Elf;

namespace Emleak.BpfLoader.Core;

/// <summary>
/// How much comparing one program may cause. Types that contain each other twice over make comparisons exponential; real
/// programs need some thousand steps.
/// </summary>
internal sealed class CoreBudget
{
    private const int MaxSteps = 1 << 24;
    private int _left = MaxSteps;

    public void Spend()
    {
        if (--_left < 0) throw new MalformedDataException(".BTF", 0, $"comparing types takes more than {MaxSteps} steps");
    }
}
