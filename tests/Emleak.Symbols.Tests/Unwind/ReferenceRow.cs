using System.Runtime.InteropServices;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Tests.Unwind;

/// <summary>One row of call-frame information as another program reads it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReferenceRow(ulong Address, ulong FunctionStart, ulong FunctionEnd, UnwindRule Rule);
