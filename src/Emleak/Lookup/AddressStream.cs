using Emleak.Target;

namespace Emleak.Lookup;

/// <summary>
/// The lines of standard input. What is there is given at once, so that another program can ask and wait for the answer; and
/// together, because addresses are looked up faster together.
/// </summary>
internal sealed class AddressStream(Stream input)
{
    private const int StandardInput = 0;
    private const int MostBytes = 1 << 22;
    private const int LongestLine = 1 << 12;

    private byte[] _buffer = new byte[1 << 16];
    private int _length;
    private bool _hasEnded;

    /// <summary>The lines that have come, at least one; null when there will be none any more.</summary>
    public List<Question>? Next()
    {
        List<Question> questions = [];
        while (questions.Count == 0)
        {
            if (_hasEnded) return null;
            Fill();
            Take(questions);
        }

        return questions;
    }

    private void Fill()
    {
        do
        {
            if (_length == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            int read = input.Read(_buffer, _length, _buffer.Length - _length);
            _length += read;
            _hasEnded = read == 0;
        }
        while (!_hasEnded && _length < MostBytes && IsMoreThere());
    }

    private static bool IsMoreThere()
    {
        Span<PollDescriptor> descriptors = [PollDescriptor.ForReading(StandardInput)];
        Libc.Poll(descriptors, TimeSpan.Zero);
        return descriptors[0].IsReady;
    }

    /// <summary>Takes the whole lines out of the buffer; at the end, the last line even without its newline.</summary>
    private void Take(List<Question> questions)
    {
        int position = 0;
        while (position < _length)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(position, _length - position);
            int length = rest.IndexOf((byte)'\n');
            if (length < 0 && !_hasEnded && rest.Length < LongestLine) break;
            bool isCut = length < 0;
            if (isCut) length = Math.Min(rest.Length, LongestLine);
            questions.Add(Question.Read(rest[..length]));
            position += isCut ? length : length + 1;
        }

        _buffer.AsSpan(position, _length - position).CopyTo(_buffer);
        _length -= position;
    }
}
