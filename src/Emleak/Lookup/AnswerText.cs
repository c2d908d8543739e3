using System.Globalization;
using Emleak.Cli;
using Emleak.Recordings.Reports;
using Emleak.Symbols;

namespace Emleak.Lookup;

/// <summary>
/// <c>function+0x1c at file:line:column</c>. With inlined calls the innermost comes first, and each of those around it on a line of
/// its own that starts with <c> (inlined by) </c>, as in addr2line.
/// </summary>
internal sealed class AnswerText(TextWriter output, FrameNames names, SymbolizeRequest request) : IAnswerWriter
{
    private const string Outer = " (inlined by) ";

    public void Write(Frame frame)
    {
        if (request.WithAddresses) output.Write(string.Create(CultureInfo.InvariantCulture, $"0x{frame.Address:x}: "));
        string lead = "";
        if (request.WithInlined)
        {
            foreach (InlinedFrame call in frame.Inlined)
            {
                output.Write(lead);
                output.Write(names.Of(call.Function));
                WritePlace(call.File, call.Line, call.Column);
                lead = Outer;
            }
        }

        output.Write(lead);
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x}"));
        WritePlace(frame);
    }

    public void Refuse(string line) => output.Write($"[UNKNOWN] '{CleanText.Of(line)}' is not an address\n");

    private void WritePlace(Frame frame)
    {
        // Without the inlined calls, the place is where the instruction comes from, as in addr2line.
        bool isInner = !request.WithInlined && frame.Inlined.Count > 0;
        if (isInner) WritePlace(frame.Inlined[0].File, frame.Inlined[0].Line, frame.Inlined[0].Column);
        else WritePlace(frame.File, frame.Line, frame.Column);
    }

    private void WritePlace(string? file, int line, int column)
    {
        ReportText.WritePlace(output, file, line, column);
        output.Write('\n');
    }
}
