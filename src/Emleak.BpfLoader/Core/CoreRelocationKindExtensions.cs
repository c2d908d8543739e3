namespace Emleak.BpfLoader.Core;

/// <summary>Groups of relocation kinds.</summary>
internal static class CoreRelocationKindExtensions
{
    extension(CoreRelocationKind kind)
    {
        public bool IsAboutType => kind is CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget
            or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeSize or CoreRelocationKind.TypeMatches;

        public bool IsAboutEnumerator => kind is CoreRelocationKind.EnumValueExists or CoreRelocationKind.EnumValue;

        /// <summary>Kinds that answer 0 when nothing is found.</summary>
        public bool IsAboutExistence => kind is CoreRelocationKind.FieldExists or CoreRelocationKind.TypeExists
            or CoreRelocationKind.TypeMatches or CoreRelocationKind.EnumValueExists;
    }
}
