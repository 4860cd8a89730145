using OrleansSync.Chaos.Devices.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Chaos.Devices;

/// <summary>What the device sends and receives goes into its history; some of its batches get a twin.</summary>
internal sealed class DeviceWire(HistoryRecorder recorder, Twin twin) : IWireListener
{
    // Streams of one store follow each other; a batch always belongs to the session opened last.
    private volatile Session _session = new();

    public void OnPush(PushRequest message, string authorization)
    {
        if (message.Open is { } open) _session = open.Session;
        if (message.Batch is not { } batch) return;
        recorder.NoteSent("push", batch);
        twin.OnBatch(batch, _session, authorization);
    }

    public void OnPushed(PushResponse message)
    {
        if (message.Acknowledgement is { } acknowledgement) recorder.NoteAnswered("push", acknowledgement.Outcomes);
    }

    public void OnPage(Page page) => recorder.NoteAnswered("page", page.Outcomes);
}
