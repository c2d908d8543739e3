namespace Emleak.Tests.Support;

/// <summary>A folder of a test's own, gone with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("emleak-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
