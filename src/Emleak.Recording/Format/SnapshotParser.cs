using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>
/// Reads the line of a snapshot. Nearly all of a recording is numbers of snapshots: their arrays are read here, digit by digit, which takes a third of the
/// time that a general reader takes; all else of the line is left to that.
/// </summary>
internal ref struct SnapshotParser
{
    private readonly ReadOnlySpan<byte> _line;
    private Utf8JsonReader _json;

    // Where in the line the general reader has begun.
    private int _start;

    private SnapshotParser(ReadOnlySpan<byte> line, JsonReaderOptions options)
    {
        _line = line;
        _json = new Utf8JsonReader(line, isFinalBlock: true, new JsonReaderState(options));
    }

    /// <summary>The record of a line <c>{"snapshot":{...}}</c>.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static SnapshotRecord Parse(ReadOnlySpan<byte> line, JsonReaderOptions options) => new SnapshotParser(line, options).Parse();

    private SnapshotRecord Parse()
    {
        long? number = null;
        DateTimeOffset? time = null;
        ProcessNumbers? process = null;
        bool? goesOn = null;
        long[]? stacks = null;
        var columns = new long[SnapshotCoding.ColumnKinds][];
        for (int depth = 0; depth < 2; depth++)
        {
            Next(JsonTokenType.StartObject);
            if (depth == 0) Next(JsonTokenType.PropertyName);
        }

        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueTextEquals("number"u8)) number = Value(RecordContext.Default.Int64);
            else if (_json.ValueTextEquals("time"u8)) time = Value(RecordContext.Default.DateTimeOffset);
            else if (_json.ValueTextEquals("process"u8)) process = Value(RecordContext.Default.ProcessNumbers);
            else if (_json.ValueTextEquals("goesOn"u8)) goesOn = Value(RecordContext.Default.Boolean);
            else if (_json.ValueTextEquals("stacks"u8)) stacks = Numbers();
            else if (SnapshotCoding.FindColumn(_json) is int column and >= 0) columns[column] = Numbers();
            else _json.Skip();
        }

        if (number is null || time is null || stacks is null) throw new JsonException("a snapshot lacks its number, its time or its stacks");
        int[] distances = [.. stacks.Select(stack => stack is > 0 and <= int.MaxValue ? (int)stack : throw new JsonException("a snapshot's stacks do not ascend"))];
        return new SnapshotRecord(
            number.Value, time.Value, process, distances,
            columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[6], columns[7], goesOn);
    }

    private void Next(JsonTokenType expected)
    {
        if (!_json.Read() || _json.TokenType != expected) throw new JsonException("a snapshot is no object");
    }

    private T? Value<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(ref _json, type);

    private long[] Numbers()
    {
        if (!_json.Read() || _json.TokenType != JsonTokenType.StartArray) throw new JsonException("a column of a snapshot is no list");
        int at = _start + (int)_json.BytesConsumed;
        ReadOnlySpan<byte> rest = _line[at..];
        int length = rest.IndexOf((byte)']');
        if (length < 0) throw new JsonException("a column of a snapshot does not end");
        long[] numbers = Numbers(rest[..length]);

        // For the general reader the list was empty.
        _start = at + length;
        _json = new Utf8JsonReader(_line[_start..], isFinalBlock: true, _json.CurrentState);
        _json.Read();
        return numbers;
    }

    private static long[] Numbers(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t"u8);
        if (text.IsEmpty) return [];
        var numbers = new long[text.Count((byte)',') + 1];
        int at = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            while (at < text.Length && text[at] is (byte)' ' or (byte)'\t') at++;
            numbers[i] = Number(text, ref at);
            while (at < text.Length && text[at] is (byte)' ' or (byte)'\t') at++;
            if (at < text.Length && text[at++] != ',') throw NoNumber();
        }

        return numbers;
    }

    private static long Number(ReadOnlySpan<byte> text, ref int at)
    {
        // As many digits of any value fit; the last one may not.
        const int Safe = 18, Longest = 19;
        bool isNegative = at < text.Length && text[at] == '-';
        if (isNegative) at++;
        int first = at;
        ulong number = 0;
        for (; at < text.Length && at - first <= Longest && (uint)(text[at] - '0') <= 9; at++) number = (number * 10) + (uint)(text[at] - '0');
        int digits = at - first;
        if (digits == 0 || digits > Longest || (digits > 1 && text[first] == '0')) throw NoNumber();
        if (digits > Safe && number > long.MaxValue + (isNegative ? 1UL : 0)) throw NoNumber();
        return isNegative ? unchecked(-(long)number) : (long)number;
    }

    private static JsonException NoNumber() => new("a column of a snapshot has something that is no number");
}
