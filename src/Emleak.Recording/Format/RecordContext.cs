using System.Text.Json;
using System.Text.Json.Serialization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>How the records are read and written: made by the compiler, so that nothing of it is looked up when it runs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 16,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    Converters = [typeof(UnixMilliseconds)])]
[JsonSerializable(typeof(Header))]
[JsonSerializable(typeof(Module[]))]
[JsonSerializable(typeof(FunctionsRecord))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(FramesRecord))]
[JsonSerializable(typeof(NodesRecord))]
[JsonSerializable(typeof(StacksRecord))]
[JsonSerializable(typeof(SnapshotRecord))]
[JsonSerializable(typeof(ProcessNumbers))]
[JsonSerializable(typeof(Mark))]
[JsonSerializable(typeof(TraceEvent))]
[JsonSerializable(typeof(ScanRecord))]
[JsonSerializable(typeof(Loss))]
[JsonSerializable(typeof(TraceEnding))]
internal sealed partial class RecordContext : JsonSerializerContext;

// The lines of the file (docs/recording.md). A table's line has a column for each field, and adds to the lines of its kind before.

/// <summary>Names of functions; where they are the same as the stored ones there is null, or no column.</summary>
internal sealed record FunctionsRecord(string[] Name, string?[]? Full, string?[]? Short);

/// <summary>Code addresses. Module, function and file are indexes, -1 for none; of inlined calls there are so many as the column says, in columns of their own.</summary>
internal sealed record FramesRecord(
    ulong[] Address, int[]? Exact, int[] Module, ulong[] ModuleAddress, int[] Function, ulong[] Offset, int[]? Reason, int[]? File, int[]? Line, int[]? Column, int[]? Inlined,
    int[]? InlinedFunction, int[]? InlinedFile, int[]? InlinedLine, int[]? InlinedColumn);

/// <summary>The prefix tree: how many nodes back the caller's is, 0 for none, and the frame.</summary>
internal sealed record NodesRecord(int[] Back, int[] Frame);

/// <summary>Stacks.</summary>
internal sealed record StacksRecord(int[] Id, int[] Node, string[] Key, int[]? Ending, int[]? Remark);

/// <summary>
/// A snapshot: which stacks changed, each as the distance from the one before, and how their numbers differ from the snapshot before. One that goes on has
/// more stacks in the next line.
/// </summary>
internal sealed record SnapshotRecord(
    long Number, DateTimeOffset Time, ProcessNumbers? Process, int[] Stacks, long[]? LiveBytes, long[]? LiveBlocks, long[]? AllocatedBytes, long[]? AllocatedBlocks,
    long[]? FreedBytes, long[]? FreedBlocks, long[]? Faults, long[]? ResidentBytes, bool? GoesOn = null);

/// <summary>A scan.</summary>
internal sealed record ScanRecord(
    DateTimeOffset Time, long StoppedMicroseconds, bool IsConcurrent, int[] Stacks, long[] DefinitelyBytes, long[] DefinitelyBlocks, long[] IndirectlyBytes, long[] IndirectlyBlocks,
    long[] PossiblyBytes, long[] PossiblyBlocks, long[] ReachableBytes, long[] ReachableBlocks, long?[]? ResidentBytes, long?[]? OldestSeconds, long?[]? MedianSeconds, string?[]? Holder);

/// <summary>Moments are whole milliseconds since 1970.</summary>
internal sealed class UnixMilliseconds : JsonConverter<DateTimeOffset>
{
    private static readonly long Least = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Greatest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long time) && time >= Least && time <= Greatest
            ? DateTimeOffset.FromUnixTimeMilliseconds(time)
            : throw new JsonException("not a time in milliseconds");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteNumberValue(value.ToUnixTimeMilliseconds());
}
