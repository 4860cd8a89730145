using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>Commits group after group, each with one statement, which the database makes a transaction.</summary>
internal sealed class Flusher(CommitQueue queue, Connections connections, bool hasSingleStatement, ILogger logger)
{
    private const int TimesLockedBeforeAlone = 3;

    private readonly SingleParameters _single = new();

    /// <summary>It was left out so often that it waits for its scope's lock in a statement of its own.</summary>
    public static bool CommitsAlone(PendingCommit commit) => commit.TimesLocked >= TimesLockedBeforeAlone;

    /// <summary>Ends when the queue is closed and empty.</summary>
    public async Task RunAsync()
    {
        while (await queue.TakeAsync() is { Count: > 0 } group)
        {
            try
            {
                await FlushAsync(group);
            }
#pragma warning disable CA1031 // A fault of this code: those who wait must learn it, and the flusher goes on.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                Log.FlusherFailed(logger, group.Count, fault);
                FailUncertain(group, fault);
            }
        }
    }

    private async Task FlushAsync(List<PendingCommit> group)
    {
        NpgsqlConnection connection;
        try
        {
            connection = await connections.OpenFlusherAsync();
        }
        catch (Exception fault) when (PostgresFaults.IsOfTheDatabase(fault))
        {
            // Nothing was sent.
            Fail(group, fault);
            return;
        }

        CommitAnswer[] answers;
        try
        {
            await using (connection) answers = await ExecuteAsync(connection, group);
        }
        catch (Exception fault) when (PostgresFaults.IsOfTheDatabase(fault))
        {
            await FailedAsync(group, fault);
            return;
        }

        for (var i = 0; i < group.Count; i++) Answer(group[i], answers[i]);
    }

    // Rows of the answer arrive before the commit: it took place when the answer ended without an error.
    private async Task<CommitAnswer[]> ExecuteAsync(NpgsqlConnection connection, List<PendingCommit> group)
    {
        var answers = new CommitAnswer[group.Count];
        await using var command = CommandFor(group, connection);
        try
        {
            // Before it is run: Npgsql, which prepares by itself what it runs, is left with a statement that it takes for prepared and without
            // columns where the first run fails, and the second ends the connection with "unexpected backend message".
            await command.PrepareAsync();
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) answers[reader.GetInt32(0) - 1] = (CommitAnswer)reader.GetInt32(1);
            await reader.NextResultAsync();
            return answers;
        }
        finally
        {
            // Those of a single commit are in the next command.
            command.Parameters.Clear();
        }
    }

    private NpgsqlCommand CommandFor(List<PendingCommit> group, NpgsqlConnection connection)
    {
        if (hasSingleStatement && group is [var single] && SingleSql.Holds(single) && !CommitsAlone(single)) return _single.CommandFor(single, connection);

        var command = new NpgsqlCommand(StatementFor(group, out var hasLetters), connection);
        CommitArrays.Add(command.Parameters, group);
        if (hasLetters) LetterArrays.Add(command.Parameters, group);
        return command;
    }

    private static string StatementFor(List<PendingCommit> group, out bool hasLetters)
    {
        hasLetters = group.Exists(static commit => commit.Letters.Length > 0);
        if (group.Exists(CommitsAlone)) return hasLetters ? CommitSql.AloneWithLetters : CommitSql.Alone;
        return hasLetters ? CommitSql.SharedWithLetters : CommitSql.Shared;
    }

    private void Answer(PendingCommit commit, CommitAnswer answer)
    {
        if (answer == CommitAnswer.Locked && !CommitsAlone(commit))
        {
            if (++commit.TimesLocked == TimesLockedBeforeAlone) Log.CommitsAlone(logger, commit.TimesLocked);
            queue.Return(commit);
            return;
        }

        // Locked when it was alone: the scope changed while it waited for the lock.
        commit.Answer(answer == CommitAnswer.Granted ? CommitResult.Committed : CommitResult.Refused);
    }

    private async Task FailedAsync(List<PendingCommit> group, Exception fault)
    {
        switch (PostgresFaults.KindOf(fault))
        {
            case FaultKind.Unavailable:
                Fail(group, fault);
                break;
            case FaultKind.Unknown:
                Log.GroupUncertain(logger, group.Count, fault);
                connections.Mistrust();
                FailUncertain(group, fault);
                break;
            case FaultKind.OfTheData when group.Count > 1:
                // A key that is there already is a refusal, not a fault.
                if (IsKeyThere(fault)) Log.GroupRefused(logger, group.Count);
                else Log.GroupSplit(logger, group.Count, fault);
                await FlushAsync(group[..(group.Count / 2)]);
                await FlushAsync(group[(group.Count / 2)..]);
                break;
            default:
                Alone(group[0], (PostgresException)fault);
                break;
        }
    }

    private void Alone(PendingCommit commit, PostgresException fault)
    {
        if (IsKeyThere(fault))
        {
            // What stands in the way is there already: the owner claims anew and asks the journal.
            commit.Answer(CommitResult.Refused);
            return;
        }

        Log.Unstorable(logger, fault);
        commit.Answer(CommitResult.Unstorable);
    }

    private static bool IsKeyThere(Exception fault) => fault is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    private void Fail(List<PendingCommit> group, Exception fault)
    {
        Log.GroupFailed(logger, group.Count, fault);
        foreach (var commit in group)
            commit.Fail(new StoreUnavailableException("The database could not be written; nothing was changed.", fault));
    }

    private static void FailUncertain(List<PendingCommit> group, Exception fault)
    {
        foreach (var commit in group)
            commit.Fail(new StoreOutcomeUnknownException("The end of the commit was not seen.", fault));
    }
}
