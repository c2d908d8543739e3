using System.Globalization;
using System.Text;
using Emleak.Analysis;

namespace Emleak.Output;

/// <summary>mleakstatics.csv: "time,bytes,bytes,...," for each interval, and "0,id,id,...," as the last line.</summary>
internal static class StatisticsText
{
    /// <summary>One row. Missing columns are written as 0 up to <paramref name="columns"/>.</summary>
    public static void AppendRow(StringBuilder text, HistoryRow row, int columns = 0)
    {
        text.Append(CultureInfo.InvariantCulture, $"{row.Time.ToUnixTimeSeconds()},");
        foreach (long bytes in row.Bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{bytes},");
        }

        for (int column = row.Bytes.Count; column < columns; column++)
        {
            text.Append("0,");
        }

        text.Append('\n');
    }

    /// <summary>The whole file, every row as wide as the header, so that a stack that came late is drawn where it belongs.</summary>
    public static string Of(History history, Selection selection)
    {
        StringBuilder text = new();
        foreach (HistoryRow row in history.Rows)
        {
            AppendRow(text, row, history.StackIds.Count);
        }

        text.Append("0,");
        foreach (int id in history.StackIds)
        {
            text.Append(CultureInfo.InvariantCulture, $"{id},");
        }

        // Readers take the header's last field, empty by its comma, as one more name.
        return text.Append(selection).Append('\n').ToString();
    }
}
