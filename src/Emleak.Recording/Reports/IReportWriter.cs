using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports;

/// <summary>A format that a recording can be shown in. The same recording gives the same bytes, whatever the machine and its language.</summary>
public interface IReportWriter
{
    /// <summary>The format's name on a command line.</summary>
    string Name { get; }

    /// <summary>The file that a trace writes in this format.</summary>
    string FileName { get; }

    /// <summary>Writes the report.</summary>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    void Write(Recording recording, Stream output);
}
