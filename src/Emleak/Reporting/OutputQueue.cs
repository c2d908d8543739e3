using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Emleak.Reporting;

/// <summary>
/// What is to be written to a standard stream, in order, by a thread of its own: nobody else waits for a reader that does not read.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Standard streams stay open until the program ends.")]
internal sealed class OutputQueue
{
    // A reader that does not read must not fill our memory instead.
    private const int MostTexts = 10_000;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private readonly Queue<Action<StreamWriter>> _texts = new();
    private readonly StandardStream _stream;
    private readonly StreamWriter _writer;
    private bool _hasThread;
    private bool _isWriting;
    private bool _isStuck;

    public OutputQueue(int descriptor)
    {
        _stream = new StandardStream(descriptor);
        _writer = new StreamWriter(_stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 14) { NewLine = "\n" };
    }

    /// <summary>Where it goes to, and what has become of it.</summary>
    public StandardStream Stream => _stream;

    /// <summary>What kept a text from being made; null when nothing did.</summary>
    public Exception? Problem { get; private set; }

    /// <summary>Texts that found no room in the queue.</summary>
    public int Dropped { get; private set; }

    /// <summary>Has a text written after those that wait. False when too many do.</summary>
    public bool TryAdd(Action<StreamWriter> text)
    {
        lock (_gate)
        {
            if (_texts.Count >= MostTexts)
            {
                Dropped++;
                return false;
            }

            _texts.Enqueue(text);
            if (_hasThread) Monitor.PulseAll(_gate);
            else new Thread(WriteAll) { IsBackground = true, Name = "output" }.Start();
            _hasThread = true;
            return true;
        }
    }

    /// <summary>Waits until all is written, but not long: for the order of two streams that may be one file.</summary>
    public void Settle()
    {
        TimeSpan moment = TimeSpan.FromMilliseconds(50);
        Stopwatch clock = Stopwatch.StartNew();
        lock (_gate)
        {
            while (!IsIdle)
            {
                if (_isStuck || clock.Elapsed > moment)
                {
                    _isStuck = true;
                    return;
                }

                Monitor.Wait(_gate, LookAgain);
            }
        }
    }

    /// <summary>Waits until all is written. False when that was given up.</summary>
    /// <param name="patience">How long nothing may be taken before it is given up; asked again and again.</param>
    public bool WaitUntilWritten(Func<TimeSpan> patience)
    {
        Stopwatch clock = Stopwatch.StartNew();
        long written = _stream.Written;
        lock (_gate)
        {
            while (!IsIdle)
            {
                if (_stream.Written != written) clock.Restart();
                written = _stream.Written;
                if (clock.Elapsed > patience()) return false;
                Monitor.Wait(_gate, LookAgain);
            }
        }

        return true;
    }

    private bool IsIdle => _texts.Count == 0 && !_isWriting;

    private void WriteAll()
    {
        while (true)
        {
            Action<StreamWriter> text;
            lock (_gate)
            {
                _isWriting = false;
                if (_texts.Count == 0)
                {
                    _isStuck = false;
                    Monitor.PulseAll(_gate);
                }

                while (_texts.Count == 0) Monitor.Wait(_gate);
                text = _texts.Dequeue();
                _isWriting = true;
            }

            try
            {
                if (_stream.Error == 0) text(_writer);
                _writer.Flush();
            }
            catch (Exception problem)
            {
                // Nobody is there to catch it; the next texts may be fine.
                Problem = problem;
            }
        }
    }
}
