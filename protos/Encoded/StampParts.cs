namespace OrleansSync.Protocol.Encoded;

/// <summary>A stamp as it is read: an embedded message may come in parts, which add up.</summary>
internal struct StampParts
{
    public bool IsThere;
    public long Counter;
    public uint Device;

    public void Read(ReadOnlyMemory<byte> bytes)
    {
        IsThere = true;
        var wire = new WireReader(bytes);
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case CounterTag:
                    Counter = wire.Int64();
                    break;
                case DeviceTag:
                    Device = (uint)wire.Int32();
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }
    }

    private const int CounterTag = (V1.Stamp.CounterFieldNumber << WireReader.TypeBits) | WireReader.Varints;
    private const int DeviceTag = (V1.Stamp.DeviceFieldNumber << WireReader.TypeBits) | WireReader.Varints;
}
