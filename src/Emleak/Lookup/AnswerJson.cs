using System.Globalization;
using System.Text.Json;
using Emleak.Cli;
using Emleak.Recordings.Reports;
using Emleak.Symbols;

namespace Emleak.Lookup;

/// <summary>A line of JSON for each address. What is not known is left out.</summary>
internal sealed class AnswerJson(TextWriter output, FrameNames names, SymbolizeRequest request) : IAnswerWriter
{
    public void Write(Frame frame) => Write(new AnswerRecord
    {
        Address = Hex(frame.Address),
        Function = frame.Function is null ? null : names.Of(frame.Function),
        Symbol = frame.Function,
        Offset = frame.Function is null ? null : Hex(frame.Offset),
        File = frame.File,
        Line = NullIfZero(frame.Line),
        Column = NullIfZero(frame.Column),
        Module = frame.Module,
        ModuleAddress = frame.Module is null ? null : Hex(frame.ModuleAddress),
        Inlined = request.WithInlined && frame.Inlined.Count > 0 ? [.. frame.Inlined.Select(InlinedOf)] : null,
        Reason = frame.Reason == MissingReason.None ? null : JsonNamingPolicy.KebabCaseLower.ConvertName(frame.Reason.ToString()),
        Detail = frame.Detail ?? frame.SourceProblem,
    });

    public void Refuse(string line) => Write(new AnswerRecord { Address = line, Reason = "not-an-address" });

    private void Write(AnswerRecord record)
    {
        output.Write(CleanText.EscapedJson(JsonSerializer.Serialize(record, AnswerContext.Readable.AnswerRecord)));
        output.Write('\n');
    }

    private InlinedRecord InlinedOf(InlinedFrame call) => new()
    {
        Function = call.Function is null ? null : names.Of(call.Function),
        Symbol = call.Function,
        File = call.File,
        Line = NullIfZero(call.Line),
        Column = NullIfZero(call.Column),
    };

    private static int? NullIfZero(int number) => number == 0 ? null : number;

    private static string Hex(ulong number) => string.Create(CultureInfo.InvariantCulture, $"0x{number:x}");
}
