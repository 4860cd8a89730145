using Npgsql;
using NpgsqlTypes;
using OrleansSync.Grains.Storage;
using static OrleansSync.Storage.Postgres.Writing.CommitArrays;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>The dead letters of a group, after the arrays that every group has.</summary>
internal static class LetterArrays
{
    public static void Add(NpgsqlParameterCollection to, List<PendingCommit> group)
    {
        var n = group.Sum(static pending => pending.Letters.Length);
        var (ord, scope, id, device, counter) = (new int[n], new long[n], new Guid[n], new int[n], new long[n]);
        var (type, entity, kind, reason) = (new string[n], new string[n], new short[n], new short[n]);
        var (message, seq, recordedAt, operation) = (new string?[n], new long[n], new long[n], new byte[n][]);
        var at = 0;
        for (var i = 0; i < group.Count; i++)
        {
            var pending = group[i];
            for (var j = 0; j < pending.Letters.Length; j++)
            {
                var letter = pending.Commit.DeadLetters[j];
                var refused = letter.Operation;
                (ord[at], scope[at], id[at], device[at]) = (i + 1, pending.Scope, refused.Id.Value, pending.Devices[refused.Device]);
                (counter[at], type[at], entity[at]) = (refused.Counter, refused.Entity.Type, refused.Entity.Id);
                (kind[at], reason[at], message[at]) = ((short)refused.Kind, (short)letter.Reason, letter.Message);
                (seq[at], recordedAt[at], operation[at]) = (letter.Sequence, letter.RecordedAt, pending.Letters[j]);
                at++;
            }
        }

        Integer(to, ord);
        Bigint(to, scope);
        Of(to, id, NpgsqlDbType.Uuid);
        Integer(to, device);
        Bigint(to, counter);
        Text(to, type);
        Text(to, entity);
        Of(to, kind, NpgsqlDbType.Smallint);
        Of(to, reason, NpgsqlDbType.Smallint);
        Of(to, message, NpgsqlDbType.Text);
        Bigint(to, seq);
        Bigint(to, recordedAt);
        to.Add(new NpgsqlParameter<int> { TypedValue = DeadLetter.MaxKept });
        Bytea(to, operation);
    }
}
