using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Emleak.Analysis;

namespace Emleak.Output;

/// <summary>mleakstatics.csv: "time,bytes,bytes,...," for each interval, and "0,id,id,...," as the last line.</summary>
internal static class StatisticsText
{
    /// <summary>One row, as wide as it was when it was taken.</summary>
    public static byte[] RowOf(HistoryRow row)
    {
        ArrayBufferWriter<byte> text = new(row.Bytes.Count * 8);
        AddField(text, row.Time.ToUnixTimeSeconds());
        foreach (long bytes in row.Bytes) AddField(text, bytes);
        text.Write("\n"u8);
        return text.WrittenSpan.ToArray();
    }

    /// <summary>The whole file, every row as wide as the header, so that a stack that came late is drawn where it belongs.</summary>
    public static void Write(TextWriter output, RowFile rows, History history, Selection selection)
    {
        rows.CopyTo(output, history.StackIds.Count);
        output.Write("0,");
        foreach (int id in history.StackIds) output.Write(string.Create(CultureInfo.InvariantCulture, $"{id},"));

        // Readers take the header's last field, empty by its comma, as one more name.
        output.Write(selection);
        output.Write('\n');
    }

    private static void AddField(ArrayBufferWriter<byte> text, long number)
    {
        const int Longest = 21;
        Span<byte> field = text.GetSpan(Longest);
        Utf8Formatter.TryFormat(number, field, out int length);
        field[length] = (byte)',';
        text.Advance(length + 1);
    }
}
