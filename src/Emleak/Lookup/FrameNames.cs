using System.Collections.Concurrent;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;
using Emleak.Symbols.Demangling;
using Frame = Emleak.Symbols.Frame;

namespace Emleak.Lookup;

/// <summary>
/// The names of frames as one field of one line. Names come from the traced program's files: they are cleaned (<see cref="CleanText"/>).
/// </summary>
internal sealed class FrameNames(NameStyle style)
{
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <summary>A function's name.</summary>
    /// <param name="function">As stored; null when it is not known.</param>
    public string Of(string? function) => function is null ? ReportText.Unknown : _known.GetOrAdd(function, static (name, style) => Write(name, style), style);

    /// <summary>The function; <c>[library]</c> when only the module is known; <c>[UNKNOWN]</c> when nothing is.</summary>
    public string Of(Frame frame) => frame.Function is not null ? Of(frame.Function)
        : frame.Module is not null ? ReportText.PlaceOf(frame.Module) : ReportText.Unknown;

    /// <summary>Distance from the start of what <see cref="Of(Frame)"/> names, in bytes.</summary>
    public static ulong OffsetOf(Frame frame)
    {
        if (frame.Function is not null) return frame.Offset;
        return frame.Module is null ? frame.Address : frame.ModuleAddress;
    }

    private static string Write(string name, NameStyle style)
    {
        string? readable = style == NameStyle.Mangled ? null : Demangler.Demangle(name, style == NameStyle.Short ? DemangleStyle.Short : DemangleStyle.Full);

        // Rust's "[u8; 4]", for one.
        return CleanText.FieldOf(readable ?? name);
    }
}
