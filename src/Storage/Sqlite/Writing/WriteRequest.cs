using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>One scope's part of a group: executed on the writer's thread, answered after the group's COMMIT.</summary>
internal abstract class WriteRequest(ScopeId scope, int rows)
{
    private int _begun;

    public ScopeId Scope { get; } = scope;

    /// <summary>Rows and journal entries, which the bounds of queue and group count.</summary>
    public int Rows { get; } = rows;

    /// <summary>False: it was cancelled while it waited. After this a cancellation has no effect.</summary>
    public bool TryBegin() => TrySettle();

    /// <summary>Does its part; false: undo it (it has its answer all the same).</summary>
    /// <exception cref="Native.SqliteError">Its statement failed.</exception>
    public abstract bool Execute(ScopeWriter writer);

    /// <summary>SQLite refuses a value: true when that is an answer, false when it is a fault.</summary>
    public abstract bool TryAnswerUnstorable();

    /// <summary>The group is durable.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception fault);

    /// <summary>COMMIT itself failed.</summary>
    public virtual void FailUncertain(Exception error) =>
        Fail(new StoreUnavailableException("The database could not be written; the change may have happened.", error));

    protected bool TrySettle() => Interlocked.CompareExchange(ref _begun, 1, 0) == 0;
}

internal abstract class WriteRequest<T>(ScopeId scope, int rows) : WriteRequest(scope, rows)
{
    // The continuation must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected T? Answer { get; set; }

    public async Task<T> WaitAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((WriteRequest<T>)state!).Cancel(token), this);
        return await _completion.Task;
    }

    public override void Complete() => _completion.TrySetResult(Answer!);

    public override void Fail(Exception fault) => _completion.TrySetException(fault);

    private void Cancel(CancellationToken token)
    {
        if (TrySettle()) _completion.TrySetCanceled(token);
    }
}

/// <summary>A claim, registration, session update or revocation: whatever it answers is kept.</summary>
internal sealed class ScopeRequest<T>(ScopeId scope, Func<ScopeWriter, T> body) : WriteRequest<T>(scope, rows: 1)
{
    public override bool Execute(ScopeWriter writer)
    {
        Answer = body(writer);
        return true;
    }

    public override bool TryAnswerUnstorable() => false;
}
