using System.Globalization;
using System.Text;

namespace Emleak.Recordings.Reports.Svg;

/// <summary>
/// Writes SVG that is complete with presentation attributes alone, so that it shows as an image, in a mail, and where pages may have no style. A dark
/// background where the reader prefers one is all that style adds.
/// </summary>
internal sealed class SvgText
{
    public const int Width = 1200;

    private const string Style = "@media(prefers-color-scheme:dark){.paper{fill:#16181d}.ink{fill:#e6e6e6}.grid{stroke:#4a4d55}}";

    private readonly TextWriter _text;

    private SvgText(TextWriter text) => _text = text;

    /// <summary>Colours that people tell apart whatever their eyes (Okabe and Ito).</summary>
    public static IReadOnlyList<string> Colors { get; } = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800", "#808080"];

    /// <summary>Writes a picture.</summary>
    public static void Write(Stream output, int height, string title, Action<SvgText> draw) => ReportText.Write(output, text =>
    {
        SvgText svg = new(text);
        text.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="12" role="img">"""));
        text.Write($"<title>{Escape(title)}</title><style>{Style}</style>\n");
        text.Write(string.Create(CultureInfo.InvariantCulture, $"<rect class=\"paper\" width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"));
        svg.Label(Width / 2.0, 22, title, anchor: "middle", size: 16);
        draw(svg);
        text.Write("</svg>\n");
    });

    /// <summary>Writes text at the baseline's start, middle or end.</summary>
    public void Label(double x, double y, string label, string anchor = "start", int size = 12) => _text.Write(string.Create(
        CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{x:0.##}\" y=\"{y:0.##}\" fill=\"#1a1a1a\" text-anchor=\"{anchor}\" font-size=\"{size}\">{Escape(label)}</text>\n"));

    /// <summary>Writes a line of the grid.</summary>
    public void Grid(double x1, double y1, double x2, double y2) => _text.Write(string.Create(
        CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"#cccccc\"/>\n"));

    /// <summary>Writes a line through points, with a text that is shown when it is pointed at.</summary>
    public void Line(IEnumerable<(double X, double Y)> points, string color, string dashes, string tip)
    {
        _text.Write($"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\" points=\"");
        foreach ((double x, double y) in points) _text.Write(string.Create(CultureInfo.InvariantCulture, $"{x:0.##},{y:0.##} "));
        _text.Write($"\"><title>{Escape(tip)}</title></polyline>\n");
    }

    /// <summary>Writes a box, with a text that is shown when it is pointed at, and one in it.</summary>
    public void Box(double x, double y, double width, double height, string color, string tip, string label = "")
    {
        _text.Write(string.Create(
            CultureInfo.InvariantCulture, $"<g class=\"box\"><title>{Escape(tip)}</title><rect x=\"{x:0.###}\" y=\"{y:0.##}\" width=\"{width:0.###}\" height=\"{height:0.##}\" fill=\"{color}\"/>"));
        _text.Write(string.Create(CultureInfo.InvariantCulture, $"<text x=\"{x + 3:0.##}\" y=\"{y + height - 4:0.##}\" fill=\"#000000\" pointer-events=\"none\">{Escape(label)}</text></g>\n"));
    }

    /// <summary>Writes a script of our own.</summary>
    public void Script(string code) => _text.Write($"<script><![CDATA[\n{code}]]></script>\n");

    /// <summary>Bytes as people read them.</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        int unit = 0;
        for (; Math.Abs(bytes) >= 1024 && unit < units.Length - 1; unit++) bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.##} {units[unit]}");
    }

    /// <summary>A name that fits into so many pixels.</summary>
    public static string Fit(string name, double width)
    {
        const double Character = 6.6;
        int most = (int)(width / Character);
        if (name.Length <= most) return name;
        return most < 4 ? "" : name[..(most - 2)] + "..";
    }

    // Text of strangers has been cleaned; half of a surrogate pair may be left, which XML does not have.
    private static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                0xfffe or 0xffff => "?",
                _ => rune.ToString(),
            });
        }

        return escaped.ToString();
    }
}
