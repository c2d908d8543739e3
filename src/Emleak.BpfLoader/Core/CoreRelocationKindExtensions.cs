namespace Emleak.BpfLoader.Core;

/// <summary>Groups of relocation kinds.</summary>
internal static class CoreRelocationKindExtensions
{
    extension(CoreRelocationKind kind)
    {
        public bool IsAboutType => kind is CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget
            or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeSize or CoreRelocationKind.TypeMatches;

        public bool IsAboutEnumerator => kind is CoreRelocationKind.EnumValueExists or CoreRelocationKind.EnumValue;

        /// <summary>Kinds that answer 0 when nothing is found: questions of existence, and the size and id of a type.</summary>
        public bool IsZeroWhenMissing => kind.IsAboutType || kind is CoreRelocationKind.FieldExists or CoreRelocationKind.EnumValueExists;
    }
}
