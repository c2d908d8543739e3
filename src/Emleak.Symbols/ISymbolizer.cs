namespace Emleak.Symbols;

/// <summary>Names addresses: of a process, or of a file. Safe for concurrent callers.</summary>
public interface ISymbolizer : IDisposable
{
    /// <summary>Names addresses. Never fails because of what is in the files: that is a <see cref="Frame.Reason"/>.</summary>
    /// <param name="addresses">The addresses, in any order.</param>
    /// <param name="kind">What they stand for, all of them.</param>
    /// <param name="options">How much is wanted to be known.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind, SymbolizeOptions options);
}
