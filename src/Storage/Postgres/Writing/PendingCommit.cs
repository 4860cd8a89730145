using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// A round on its way into a statement, with what the database calls its scope and its devices. Its rows are encoded by the
/// thread that brings it.
/// </summary>
internal sealed class PendingCommit
{
    // The continuation must not run on the flusher.
    private readonly TaskCompletionSource<CommitResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    /// <exception cref="ArgumentException">A row or a dead letter has no stored form.</exception>
    public PendingCommit(ScopeCommit commit, long scope, IReadOnlyDictionary<DeviceId, int> devices)
    {
        Commit = commit;
        Scope = scope;
        Devices = devices;
        Rows = new EncodedRow[commit.Rows.Length];
        for (var i = 0; i < Rows.Length; i++)
        {
            var row = commit.Rows[i].Row;
            Rows[i] = new EncodedRow(RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));
            if (commit.Rows[i].Expected == 0) Births++;
        }

        if (!commit.DeadLetters.IsEmpty) Letters = [.. commit.DeadLetters.Select(static letter => OperationEncoding.Encode(letter.Operation))];
    }

    public ScopeCommit Commit { get; }

    public long Scope { get; }

    public IReadOnlyDictionary<DeviceId, int> Devices { get; }

    public EncodedRow[] Rows { get; }

    /// <summary>The operations of its dead letters.</summary>
    public byte[][] Letters { get; } = [];

    /// <summary>How many of the rows are new.</summary>
    public int Births { get; }

    /// <summary>How much it adds to a statement.</summary>
    public int Weight => Commit.Rows.Length + Commit.Operations.Length;

    /// <summary>How often it was left out because its scope was locked.</summary>
    public int TimesLocked { get; set; }

    /// <summary>False: it was cancelled while it waited. After this a cancellation has no effect.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _begun, 1, 0) == 0;

    public void Answer(CommitResult result) => _completion.TrySetResult(result);

    public void Fail(Exception fault) => _completion.TrySetException(fault);

    public async Task<CommitResult> WaitAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingCommit)state!).Cancel(token), this);
        return await _completion.Task;
    }

    private void Cancel(CancellationToken token)
    {
        if (TryBegin()) _completion.TrySetCanceled(token);
    }
}

/// <summary>The two columns of a row.</summary>
internal readonly record struct EncodedRow(byte[] Fields, byte[] Stamps);
