namespace Emleak.BpfLoader.Kernel;

/// <summary>
/// Features that are taken as missing though the kernel may have them, so that what is done without them can be tried on any
/// machine. <c>EMLEAK_MASK</c> lists them: ids, or <c>all-4.18</c> for everything that came after a kernel.
/// </summary>
internal sealed class FeatureMask
{
    public const string Variable = "EMLEAK_MASK";

    private const string AllAfter = "all-";

    private static readonly Lazy<FeatureMask> Known =
        new(static () => Parse(Environment.GetEnvironmentVariable(Variable) ?? "", KernelFeatures.All));

    private readonly HashSet<string> _hidden = new(StringComparer.Ordinal);

    private FeatureMask()
    {
    }

    /// <exception cref="BpfException">The variable names a feature that there is not.</exception>
    public static FeatureMask FromEnvironment => Known.Value;

    public bool IsEmpty => _hidden.Count == 0;

    /// <param name="text">Ids separated by commas.</param>
    /// <param name="features">What there is.</param>
    /// <exception cref="BpfException">There is no such feature.</exception>
    public static FeatureMask Parse(string text, IReadOnlyList<KernelFeature> features)
    {
        FeatureMask mask = new();
        foreach (string word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            KernelFeature[] named = [.. features.Where(feature => IsMeant(word, feature))];
            if (named.Length == 0) throw new BpfException($"{Variable}: there is no kernel feature '{word}'; there are {Names(features)}");
            foreach (KernelFeature feature in named) mask._hidden.Add(feature.Id);
        }

        return mask;
    }

    public bool Hides(KernelFeature feature) => _hidden.Contains(feature.Id);

    private static bool IsMeant(string word, KernelFeature feature) =>
        word == feature.Id
        || (word.StartsWith(AllAfter, StringComparison.Ordinal)
            && Version.TryParse(word.AsSpan(AllAfter.Length), out Version? kernel)
            && Version.Parse(feature.FirstKernelVersion) > kernel);

    private static string Names(IEnumerable<KernelFeature> features) =>
        string.Join(", ", features.Select(feature => feature.Id).Append("all-4.18 (what came after a version)"));
}
