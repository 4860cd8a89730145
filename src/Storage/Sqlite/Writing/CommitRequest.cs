using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>A round. Its rows are encoded by the thread that brings it, because the writer's thread is the store's limit.</summary>
internal sealed class CommitRequest : WriteRequest<CommitResult>
{
    private readonly ScopeCommit _commit;
    private readonly EncodedRow[] _rows;
    private readonly byte[][] _letters = [];

    public CommitRequest(ScopeCommit commit) : base(commit.Scope, commit.Rows.Length + commit.Operations.Length)
    {
        _commit = commit;
        _rows = new EncodedRow[commit.Rows.Length];
        for (var i = 0; i < _rows.Length; i++)
        {
            var row = commit.Rows[i].Row;
            _rows[i] = new EncodedRow(RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));
        }

        if (!commit.DeadLetters.IsEmpty) _letters = [.. commit.DeadLetters.Select(static letter => OperationEncoding.Encode(letter.Operation))];
    }

    public override bool Execute(ScopeWriter writer)
    {
        var committed = writer.TryCommit(_commit, _rows, _letters);
        Answer = committed ? CommitResult.Committed : CommitResult.Refused;
        return committed;
    }

    public override bool TryAnswerUnstorable()
    {
        Answer = CommitResult.Unstorable;
        return true;
    }

    public override void FailUncertain(Exception error) =>
        Fail(new StoreOutcomeUnknownException("The database failed at the end of the commit.", error));
}

/// <summary>The two columns of a row.</summary>
internal readonly record struct EncodedRow(byte[] Fields, byte[] Stamps);
