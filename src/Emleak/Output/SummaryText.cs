using System.Globalization;
using Emleak.Analysis;

namespace Emleak.Output;

/// <summary>mleaksummary.csv: a line for each stack, "id, bytes, count " with the original's blanks. Estimates say so in a first line, "-distance, 0, 0 ".</summary>
internal static class SummaryText
{
    public static void Write(TextWriter output, Snapshot snapshot)
    {
        // Readers of this file take whole numbers in three columns. No stack has a negative id, so this is the distance of samples.
        if (snapshot.Selection.IsSampled) output.Write(string.Create(CultureInfo.InvariantCulture, $"-{snapshot.Selection.SampleBytes}, 0, 0 \n"));
        foreach (OutstandingStack stack in snapshot.Stacks) output.Write(string.Create(CultureInfo.InvariantCulture, $"{stack.Id}, {stack.Bytes}, {stack.Count} \n"));
    }
}
