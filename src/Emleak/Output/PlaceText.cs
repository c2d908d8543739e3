using System.Globalization;
using Emleak.Reporting;

namespace Emleak.Output;

/// <summary>Places in sources as people read them: <c> at file:line:column</c>, or nothing when the file is not known.</summary>
internal static class PlaceText
{
    public static void Write(TextWriter output, string? file, int line, int column)
    {
        if (file is null) return;
        output.Write(" at ");
        output.Write(CleanText.Of(file));
        if (line != 0) output.Write(string.Create(CultureInfo.InvariantCulture, $":{line}"));
        if (line != 0 && column != 0) output.Write(string.Create(CultureInfo.InvariantCulture, $":{column}"));
    }
}
