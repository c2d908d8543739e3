using Emleak.Symbols;

namespace Emleak.Lookup;

/// <summary>Writes answers in one format.</summary>
internal interface IAnswerWriter
{
    /// <summary>What is known about an address.</summary>
    void Write(Frame frame);

    /// <summary>The answer to a line that is no address.</summary>
    void Refuse(string line);
}
