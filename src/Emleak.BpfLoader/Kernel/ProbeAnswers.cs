using System.Collections.Concurrent;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Remembers what the kernel answered: yes and no for the life of the process, "could not tell" not at all.</summary>
/// <param name="probe">Asks the kernel.</param>
/// <typeparam name="TQuestion">What is asked for.</typeparam>
internal sealed class ProbeAnswers<TQuestion>(Func<TQuestion, FeatureSupport> probe)
    where TQuestion : notnull
{
    private readonly ConcurrentDictionary<TQuestion, FeatureSupport> _known = new();

    public FeatureSupport Ask(TQuestion question)
    {
        if (_known.TryGetValue(question, out FeatureSupport known)) return known;
        // Two threads may probe at once: both get the same answer.
        FeatureSupport answer = probe(question);
        if (answer != FeatureSupport.Unknown) _known[question] = answer;
        return answer;
    }
}
