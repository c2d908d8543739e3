using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Svg;

/// <summary>flame.svg: every call path, outermost above; the width is bytes. Complete without its script, which zooms into the box that is clicked.</summary>
public sealed class FlamePicture : IReportWriter
{
    private const int Row = 18, Top = 40;
    private const double Margin = 10;

    // What is narrower cannot be seen, and what is deeper belongs to no program that people write.
    private const double Narrowest = 0.2;
    private const int MostRows = 300;

    // Boxes keep where they were; a click stretches the clicked one's part of the picture over all of it.
    private const string Zoom = """
        (function () {
          var boxes = Array.prototype.map.call(document.querySelectorAll('g.box'), function (g) {
            var r = g.querySelector('rect'), t = g.querySelector('text'), n = g.querySelector('title').textContent;
            return { g: g, r: r, t: t, x: +r.getAttribute('x'), w: +r.getAttribute('width'), name: n.slice(0, n.lastIndexOf(': ')) };
          });
          function show(from, width) {
            var scale = 1180 / width;
            boxes.forEach(function (b) {
              var x = 10 + (b.x - from) * scale, w = b.w * scale, left = Math.max(10, x), right = Math.min(1190, x + w);
              b.g.setAttribute('display', right - left < 0.2 ? 'none' : 'inline');
              b.r.setAttribute('x', left); b.r.setAttribute('width', Math.max(0, right - left));
              b.t.setAttribute('x', left + 3);
              var most = Math.floor((right - left) / 6.6);
              b.t.textContent = b.name.length <= most ? b.name : most < 4 ? '' : b.name.slice(0, most - 2) + '..';
            });
          }
          boxes.forEach(function (b) { b.g.addEventListener('click', function () { show(b.x, b.w); }); });
        })();

        """;

    /// <inheritdoc/>
    public string Name => "flame";

    /// <inheritdoc/>
    public string FileName => "flame.svg";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output)
    {
        List<FlameBox> boxes = LayOut(PathTree.Of(recording));
        int rows = boxes.Select(box => box.Depth + 1).DefaultIfEmpty(1).Max();
        SvgText.Write(output, Top + (rows * Row) + 20, "Live bytes by call path, outermost above", svg =>
        {
            foreach (FlameBox box in boxes)
            {
                svg.Box(box.X, Top + (box.Depth * Row), box.Width, Row - 1, ColorOf(box.Label), $"{box.Label}: {SvgText.Bytes(box.Bytes)}, {box.Share}", SvgText.Fit(box.Label, box.Width));
            }

            svg.Script(Zoom);
        });
    }

    private static List<FlameBox> LayOut(PathTree root)
    {
        List<FlameBox> boxes = [];
        if (root.Total <= 0) return boxes;
        double scale = (SvgText.Width - (2 * Margin)) / root.Total;
        Stack<(string Label, PathTree Node, double X, int Depth)> left = new([("all", root, Margin, 0)]);
        while (left.TryPop(out (string Label, PathTree Node, double X, int Depth) next))
        {
            double width = next.Node.Total * scale;
            if (width < Narrowest || next.Depth >= MostRows) continue;
            string share = string.Create(CultureInfo.InvariantCulture, $"{(double)next.Node.Total / root.Total:0.##%}");
            boxes.Add(new FlameBox(next.Label, next.X, width, next.Depth, next.Node.Total, share));
            double x = next.X;
            foreach ((string label, PathTree child) in next.Node.Children.OrderBy(child => child.Key, StringComparer.Ordinal))
            {
                left.Push((label, child, x, next.Depth + 1));
                x += Math.Max(0, child.Total) * scale;
            }
        }

        return boxes;
    }

    // The same name has the same colour in every picture: warm, light enough for black text.
    private static string ColorOf(string label)
    {
        uint hash = 2166136261;
        foreach (char unit in label) hash = (hash ^ unit) * 16777619;
        return string.Create(CultureInfo.InvariantCulture, $"#{0xe0 + (hash % 0x20):x2}{0x90 + ((hash >> 8) % 0x50):x2}{0x40 + ((hash >> 16) % 0x40):x2}");
    }

    private sealed record FlameBox(string Label, double X, double Width, int Depth, long Bytes, string Share);
}
