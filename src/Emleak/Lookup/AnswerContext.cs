using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Emleak.Lookup;

/// <summary>The code that writes the records, made at compile time: there is no other under NativeAOT.</summary>
[JsonSerializable(typeof(AnswerRecord))]
internal sealed partial class AnswerContext : JsonSerializerContext
{
    /// <summary>Leaves characters as they are that only HTML would need escaped: names of C++ are full of them.</summary>
    public static AnswerContext Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
