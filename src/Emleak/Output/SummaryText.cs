using System.Globalization;
using System.Text;
using Emleak.Analysis;

namespace Emleak.Output;

/// <summary>mleaksummary.csv: a line for each stack, "id, bytes, count " with the original's blanks.</summary>
internal static class SummaryText
{
    public static string Of(Snapshot snapshot)
    {
        StringBuilder text = new();
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            text.Append(CultureInfo.InvariantCulture, $"{stack.Id}, {stack.Bytes}, {stack.Count} \n");
        }

        return text.ToString();
    }
}
