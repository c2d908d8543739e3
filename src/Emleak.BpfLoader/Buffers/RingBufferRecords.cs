using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Buffers;

/// <summary>The complete records of a ring buffer, for <c>foreach</c>.</summary>
public readonly ref struct RingBufferRecords
{
    private readonly MemoryMapping _consumer;
    private readonly MemoryMapping _producer;
    private readonly uint _size;

    internal RingBufferRecords(MemoryMapping consumer, MemoryMapping producer, uint size)
    {
        _consumer = consumer;
        _producer = producer;
        _size = size;
    }

    /// <summary>Starts a walk.</summary>
    /// <exception cref="ObjectDisposedException">The ring buffer is disposed.</exception>
    public Enumerator GetEnumerator() => new(_consumer, _producer, _size);

    /// <summary>A walk over records. A record's bytes are good until the walk goes on.</summary>
    public unsafe ref struct Enumerator
    {
        private const uint Busy = 1u << 31;
        private const uint Discarded = 1u << 30;
        private const uint LengthMask = ~(Busy | Discarded);
        private const uint HeaderSize = 8;
        private const uint Alignment = 8;

        private readonly MemoryMapping.Lease _consumerLease;
        private readonly MemoryMapping.Lease _producerLease;
        private readonly ulong* _consumerPosition;
        private readonly ulong* _producerPosition;
        private readonly byte* _data;
        private readonly ulong _mask;
        private ulong _position;
        private ulong _end;
        private byte* _record;
        private int _length;

        internal Enumerator(MemoryMapping consumer, MemoryMapping producer, uint size)
        {
            // The memory stays mapped during the walk, whatever other threads dispose.
            _consumerLease = consumer.Borrow();
            try
            {
                _producerLease = producer.Borrow();
            }
            catch
            {
                _consumerLease.Dispose();
                throw;
            }

            _consumerPosition = (ulong*)consumer.Pointer;
            _producerPosition = (ulong*)producer.Pointer;
            _data = producer.Pointer + Environment.SystemPageSize;
            _mask = size - 1;
            // Only readers write it, and there is one reader.
            _position = *_consumerPosition;
            _end = _position;
        }

        /// <summary>The record's bytes, in the kernel's memory.</summary>
        public readonly ReadOnlySpan<byte> Current => new(_record, _length);

        /// <summary>Gives the current record back and goes to the next.</summary>
        public bool MoveNext()
        {
            Release();
            while (_position != _end || HasMore())
            {
                byte* header = _data + (_position & _mask);
                // Acquire: the record's bytes are not read before the program has finished it.
                uint word = Volatile.Read(ref *(uint*)header);
                if ((word & Busy) != 0) return false;
                uint length = word & LengthMask;
                ulong after = _position + ((length + HeaderSize + Alignment - 1) & ~(ulong)(Alignment - 1));
                if ((word & Discarded) == 0)
                {
                    _record = header + HeaderSize;
                    _length = (int)length;
                    _position = after;
                    return true;
                }

                Publish(after);
            }

            return false;
        }

        /// <summary>Gives the current record back and ends the walk.</summary>
        public void Dispose()
        {
            Release();
            _consumerLease.Dispose();
            _producerLease.Dispose();
        }

        private bool HasMore()
        {
            // Acquire: headers are not read before the position that says they are there.
            _end = Volatile.Read(ref *_producerPosition);
            return _position != _end;
        }

        private void Release()
        {
            if (_record == null) return;
            _record = null;
            Publish(_position);
        }

        private void Publish(ulong position)
        {
            _position = position;
            // Release: the kernel may overwrite the record only after it was read. Record by record, because a program
            // wakes the reader only when it finds that the reader has come up to its record.
            Volatile.Write(ref *_consumerPosition, position);
        }
    }
}
