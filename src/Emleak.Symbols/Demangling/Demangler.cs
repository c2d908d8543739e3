using System.Buffers;
using System.Text;
using Emleak.Symbols.Demangling.Itanium;
using Emleak.Symbols.Demangling.Rust;

namespace Emleak.Symbols.Demangling;

/// <summary>
/// Gives the source names behind the names of symbol tables: C++ as mangled by the Itanium ABI (GCC, Clang), Rust in both of
/// its manglings. C++ and Rust v0 names are written as <c>llvm-cxxfilt</c> of LLVM 19 writes them, old Rust names and const generics
/// that LLVM does not know as <c>rustc</c> does in backtraces. Two endings are no part of the name: the number of a copy that LLVM's
/// link-time optimization made (<c>.llvm.1234</c>) is left out, and a symbol version (<c>@@GLIBC_2.2.5</c>) is put behind the name as
/// it is. Safe for hostile names: time, memory, nesting and length of the result are bounded. All methods may be called from many threads.
/// </summary>
/// <seealso href="https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling"/>
/// <seealso href="https://doc.rust-lang.org/rustc/symbol-mangling/v0.html"/>
public static class Demangler
{
    private const int MaxStackName = 1024;

    private static readonly SearchValues<byte> CopyNumberDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    [ThreadStatic]
    private static ThreadState? t_state;

    /// <summary>Demangles a name.</summary>
    /// <param name="mangled">The bytes of the name as stored.</param>
    /// <param name="style">How much of the name is wanted.</param>
    /// <returns>The source name, or null when the name is not mangled, malformed, or would become unreasonably large.</returns>
    public static string? Demangle(ReadOnlySpan<byte> mangled, DemangleStyle style = DemangleStyle.Full)
    {
        if (mangled is not [(byte)'_', ..] || mangled.Length > Parser.MaxLength) return null;
        ThreadState state = t_state ??= new ThreadState();
        state.Output.Clear();
        ReadOnlySpan<byte> version = TakeVersion(ref mangled);
        if (!state.TryDemangle(WithoutCopyNumber(mangled), style)) return null;
        if (style == DemangleStyle.Full) state.Output.Append(version);
        return state.Output.ToString();
    }

    /// <summary>Demangles a name.</summary>
    /// <param name="mangled">The name as stored.</param>
    /// <param name="style">How much of the name is wanted.</param>
    /// <returns>The source name, or null when the name is not mangled, malformed, or would become unreasonably large.</returns>
    public static string? Demangle(string mangled, DemangleStyle style = DemangleStyle.Full)
    {
        ArgumentNullException.ThrowIfNull(mangled);
        if (mangled is not ['_', ..] || mangled.Length > Parser.MaxLength) return null;
        int size = Encoding.UTF8.GetMaxByteCount(mangled.Length);
        Span<byte> bytes = size <= MaxStackName ? stackalloc byte[MaxStackName] : new byte[size];
        return Demangle(bytes[..Encoding.UTF8.GetBytes(mangled, bytes)], style);
    }

    private static ReadOnlySpan<byte> TakeVersion(ref ReadOnlySpan<byte> mangled)
    {
        int at = mangled.IndexOf((byte)'@');
        ReadOnlySpan<byte> version = at < 0 ? default : mangled[at..];
        mangled = mangled[..^version.Length];
        return version;
    }

    private static ReadOnlySpan<byte> WithoutCopyNumber(ReadOnlySpan<byte> mangled)
    {
        ReadOnlySpan<byte> mark = ".llvm."u8;
        int at = mangled.LastIndexOf(mark);
        bool isNumber = at > 0 && at + mark.Length < mangled.Length && !mangled[(at + mark.Length)..].ContainsAnyExcept(CopyNumberDigits);
        return isNumber ? mangled[..at] : mangled;
    }

    private sealed class ThreadState
    {
        private readonly ItaniumDemangler _itanium;
        private readonly RustDemangler _rust;

        public ThreadState()
        {
            _itanium = new ItaniumDemangler(Output);
            _rust = new RustDemangler(Output);
        }

        public OutputText Output { get; } = new();

        public bool TryDemangle(ReadOnlySpan<byte> mangled, DemangleStyle style)
        {
            if (mangled.StartsWith("_R"u8)) return _rust.TryDemangle(mangled, style);
            return LegacyRust.IsMangled(mangled)
                ? LegacyRust.TryDemangle(mangled, Output, style)
                : _itanium.TryDemangle(mangled, style);
        }
    }
}
