using System.Reflection;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests;

/// <summary>A recording is plain data: no other project of ours, no kernel, and rooms whose arrows point one way.</summary>
public sealed class PurityTests
{
    // Each may see those before it.
    private static readonly string[] Rooms = ["Model", "Format", "Analysis", "Reports"];

    [Fact]
    public void It_references_no_project_of_ours_and_calls_no_native_function()
    {
        Assembly recording = typeof(Recording).Assembly;
        Assert.DoesNotContain(recording.GetReferencedAssemblies(), reference => reference.Name!.StartsWith("Emleak", StringComparison.Ordinal));
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        Assert.DoesNotContain(recording.GetTypes().SelectMany(type => type.GetMethods(All)), method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
    }

    [Fact]
    public void Rooms_see_only_rooms_below_them()
    {
        string repository = typeof(PurityTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == "Repository").Value!;
        List<string> offences = [];
        int files = 0;
        for (int i = 0; i < Rooms.Length; i++)
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(repository, "src", "Emleak.Recording", Rooms[i]), "*.cs", SearchOption.AllDirectories))
            {
                files++;
                string text = File.ReadAllText(file);
                offences.AddRange(Rooms[(i + 1)..].Where(room => text.Contains($"Recordings.{room}", StringComparison.Ordinal)).Select(room => $"{file}: {room}"));
            }
        }

        Assert.True(files > 40, $"{files} files read");
        Assert.Empty(offences);
    }
}
