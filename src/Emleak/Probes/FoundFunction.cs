using Emleak.Symbols.Tables;

namespace Emleak.Probes;

/// <summary>An allocator function as a module has it.</summary>
/// <param name="Function">What it is.</param>
/// <param name="Symbol">Where it is.</param>
/// <param name="Refusal">Why it gets no probe; null when it gets one.</param>
internal sealed record FoundFunction(AllocatorFunction Function, FunctionSymbol Symbol, string? Refusal);
