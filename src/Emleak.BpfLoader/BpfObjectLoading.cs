using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader;

/// <summary>The second station: from a specification to the kernel.</summary>
public static class BpfObjectLoading
{
    /// <summary>
    /// Makes the object's maps and loads its programs. Nothing stays in the kernel when any of it fails. The object is not
    /// changed and can be loaded again.
    /// </summary>
    /// <param name="spec">What to load.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <exception cref="VerifierException">The kernel refuses a program.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel lacks something that the object needs.</exception>
    /// <exception cref="BpfException">The kernel refuses something else.</exception>
    /// <exception cref="CoreRelocationException">A program cannot be adapted to the kernel's types.</exception>
    /// <exception cref="KeyNotFoundException"><see cref="LoadOptions.LeaveOut"/> names a program that the object does not have.</exception>
    public static BpfCollection Load(this BpfObject spec, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        using CollectionLoading loading = new(spec, options ?? new LoadOptions());
        return loading.Run();
    }
}
