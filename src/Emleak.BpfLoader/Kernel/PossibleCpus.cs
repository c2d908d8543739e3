using System.Globalization;
using Emleak.Elf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>
/// The CPUs that this kernel may ever have. Maps with a value for each CPU have this many values, whether or not all of
/// them are present.
/// </summary>
public static class PossibleCpus
{
    private const string Source = "/sys/devices/system/cpu/possible";
    private const int MostCpus = 1 << 16;

    private static readonly Lazy<int> Known =
        new(static () => Parse(File.ReadAllText(Source)), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>How many there are: the highest number plus one.</summary>
    /// <exception cref="IOException">sysfs is not mounted.</exception>
    /// <exception cref="MalformedDataException">The kernel's list cannot be understood.</exception>
    public static int Count => Known.Value;

    /// <summary>Reads a CPU list such as <c>0-3,8-11</c>.</summary>
    internal static int Parse(string list)
    {
        int highest = -1;
        foreach (string part in list.Trim().Split(','))
        {
            string last = part[(part.IndexOf('-', StringComparison.Ordinal) + 1)..];
            if (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= MostCpus)
                throw new MalformedDataException(Source, 0, $"'{part}' is not a range of CPUs");
            highest = Math.Max(highest, number);
        }

        return highest + 1;
    }
}
