using System.Threading.Channels;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// The one writer. Writes that wait together share a transaction and its fsync; one that fails takes only itself back. Every
/// caller awaits the commit; nothing in memory changes before it.
/// </summary>
/// <remarks>
/// A thread of its own, because SQLite blocks, and while it waits for the disk a pool thread could do the app's work. What is short and
/// mostly waits for no disk runs on its caller's thread where nobody else writes (decision 22).
/// Most writes that fail do so before they have written anything, and there is nothing to take back. Only where one has, the
/// group is rolled back and runs again with a savepoint for each: for every write they would cost a fifth of its time.
/// </remarks>
internal sealed class Writer : IAsyncDisposable
{
    private const int QueueLimit = 1_024;
    private const int GroupLimit = 256;

    // Held by whoever uses the connection.
    private readonly Lock _turn = new();
    private readonly string _path;
    private readonly LocalConnection _connection;
    private readonly Action<WriteContext> _committed;
    private readonly Channel<Job> _queue = Channel.CreateBounded<Job>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly ManualResetEventSlim _wake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LocalMeta _meta;

    // Commits that a power cut can still take.
    private bool _anyUnsynced;
    private bool _isClosed;

    /// <param name="path">For messages.</param>
    /// <param name="connection">Owned from here on.</param>
    /// <param name="meta">The state as loaded.</param>
    /// <param name="committed">Called after each commit, before the callers go on. It must not throw: no later write would ever run.</param>
    public Writer(string path, LocalConnection connection, LocalMeta meta, Action<WriteContext> committed)
    {
        (_path, _connection, _meta, _committed) = (path, connection, meta, committed);
        new Thread(Loop) { IsBackground = true, Name = "local database writer" }.Start();
    }

    /// <summary>The state as of the last commit.</summary>
    public LocalMeta Meta => _meta;

    /// <summary>Runs a write; returns when it is as durable as its kind says.</summary>
    /// <exception cref="SyncException">The database failed; the write was not made.</exception>
    public Task<T> RunAsync<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken)
    {
        if (_turn.IsHeldByCurrentThread) return Task.FromException<T>(StoreErrors.NestedWrite());
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<T>(cancellationToken);
        var job = new Job<T>(work, kind, cancellationToken);
        if (kind.HasFlag(WriteKind.Short) && TryRunHere(job)) return job.Result;
        if (!_queue.Writer.TryWrite(job)) return WaitAndRunAsync(job, cancellationToken);
        _wake.Set();
        return job.Result;
    }

    /// <summary>The queue is full, or closed.</summary>
    private async Task<T> WaitAndRunAsync<T>(Job<T> job, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(job, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new ObjectDisposedException($"The store of {_path} is disposed.", exception);
        }

        _wake.Set();
        return await job.Result;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        _wake.Set();
        await _ended.Task;
        _wake.Dispose();
        lock (_turn)
        {
            _isClosed = true;
            _connection.Dispose();
        }
    }

    /// <summary>False: somebody else writes, or waits to.</summary>
    private bool TryRunHere(Job job)
    {
        if (_queue.Reader.Count > 0 || !_turn.TryEnter()) return false;
        try
        {
            if (_isClosed) return false;
            RunGroup([job]);
        }
        finally
        {
            _turn.Exit();
        }

        job.Complete();
        return true;
    }

    private void Loop()
    {
        var group = new List<Job>(GroupLimit);
        while (!_queue.Reader.Completion.IsCompleted)
        {
            _wake.Wait();
            // Before looking: what comes after it wakes the thread again.
            _wake.Reset();
            while (TryFill(group))
            {
                lock (_turn) RunGroup(group);
                foreach (var job in group) job.Complete();
            }
        }

        _ended.SetResult();
    }

    private bool TryFill(List<Job> group)
    {
        group.Clear();
        while (group.Count < GroupLimit && _queue.Reader.TryRead(out var job)) group.Add(job);
        return group.Count > 0;
    }

    private void RunGroup(List<Job> group)
    {
        var context = new WriteContext(_connection, _meta);
        try
        {
            // What a rollback that failed has left.
            RollBack();
            _connection.SyncsCommits = !group.TrueForAll(static job => job.Kind.HasFlag(WriteKind.Repeatable));
            _connection.Execute("BEGIN IMMEDIATE");
            if (!group.TrueForAll(job => TryRun(job, context)))
            {
                RollBack();
                context = new WriteContext(_connection, _meta);
                _connection.Execute("BEGIN IMMEDIATE");
                foreach (var job in group) RunInSavepoint(job, context);
            }

            MetaTable.Save(_connection, _meta, context.Meta);
            // A transaction without a write would sync nothing, and what its caller relies on may be in one before it.
            var syncsAll = !group.TrueForAll(static job => (job.Kind & (WriteKind.Repeatable | WriteKind.Independent)) != WriteKind.Durable);
            if (syncsAll && _anyUnsynced) MetaTable.Touch(_connection);
            _connection.Commit();
            if (syncsAll) _anyUnsynced = false;
            else if (!_connection.SyncsCommits) _anyUnsynced = true;
        }
        catch (Exception exception)
        {
            // The group is lost: every caller hears of it, and the next group starts from the last commit.
            var error = exception is SqliteError sqlite ? StoreErrors.FromSqlite(_path, sqlite) : StoreErrors.Failed(_path, exception);
            foreach (var job in group) job.Fail(error);
            TryRollBack();
            return;
        }

        _meta = context.Meta;
        _committed(context);
    }

    private void RollBack()
    {
        if (!_connection.InAutocommit) _connection.Execute("ROLLBACK");
    }

    private void TryRollBack()
    {
        try
        {
            RollBack();
        }
        catch (SqliteError)
        {
            // Those of this group have their error; the next group tries again and hears of it where it fails again.
        }
    }

    /// <summary>False: it failed, and may have left something in the transaction.</summary>
    private bool TryRun(Job job, WriteContext context)
    {
        if (job.IsCancelled) return true;
        var (mark, writes) = (context.Remember(), _connection.Writes);
        try
        {
            job.Run(context);
        }
        catch (Exception exception)
        {
            // A transaction that SQLite itself has ended takes all of the group with it.
            if (_connection.InAutocommit) throw;
            if (_connection.Writes != writes) return false;
            context.Rewind(mark);
            job.Fail(exception is SqliteError sqlite ? StoreErrors.FromSqlite(_path, sqlite) : exception);
        }

        return true;
    }

    private void RunInSavepoint(Job job, WriteContext context)
    {
        if (job.IsCancelled) return;
        var mark = context.Remember();
        _connection.Execute("SAVEPOINT one_write");
        try
        {
            job.Run(context);
            _connection.Execute("RELEASE one_write");
        }
        catch (Exception exception)
        {
            if (_connection.InAutocommit) throw;
            context.Rewind(mark);
            _connection.Execute("ROLLBACK TO one_write");
            _connection.Execute("RELEASE one_write");
            job.Fail(exception is SqliteError sqlite ? StoreErrors.FromSqlite(_path, sqlite) : exception);
        }
    }

    private abstract class Job(WriteKind kind)
    {
        public WriteKind Kind => kind;

        public abstract bool IsCancelled { get; }

        /// <summary>May run again after it, or another one of its group, has failed.</summary>
        public abstract void Run(WriteContext context);

        public abstract void Fail(Exception exception);

        /// <summary>Lets the caller go on with what <see cref="Run"/> or <see cref="Fail"/> left.</summary>
        public abstract void Complete();
    }

    private sealed class Job<T>(Func<WriteContext, T> work, WriteKind kind, CancellationToken cancellationToken) : Job(kind)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _exception;
        private T? _value;
        private bool _ran;

        public Task<T> Result => _completion.Task;

        public override bool IsCancelled => cancellationToken.IsCancellationRequested;

        public override void Run(WriteContext context)
        {
            (_ran, _exception) = (true, null);
            _value = work(context);
        }

        public override void Fail(Exception exception) => _exception = exception;

        public override void Complete()
        {
            if (_exception is not null) _completion.SetException(_exception);
            else if (!_ran) _completion.SetCanceled(cancellationToken);
            else _completion.SetResult(_value!);
        }
    }
}
