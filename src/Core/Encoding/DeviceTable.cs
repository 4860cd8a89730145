using System.Runtime.CompilerServices;

namespace OrleansSync.Core;

/// <summary>The devices of one row by the number they have in its meta column. The first few need no memory of their own.</summary>
internal struct DeviceTable
{
    private const int Few = 4;

    private Buffer _few;
    private List<DeviceId>? _more;

    public int Count { get; private set; }

    public readonly DeviceId this[int index] => index < Few ? _few[index] : _more![index - Few];

    /// <returns>Below 0: it is not there.</returns>
    public readonly int IndexOf(DeviceId device)
    {
        for (var i = 0; i < Count; i++)
        {
            if (this[i] == device) return i;
        }

        return -1;
    }

    public void Add(DeviceId device)
    {
        if (Count < Few) _few[Count] = device;
        else (_more ??= []).Add(device);
        Count++;
    }

    [InlineArray(Few)]
    private struct Buffer
    {
        private DeviceId _device;
    }
}
