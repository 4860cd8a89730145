using System.Buffers.Binary;
using Npgsql;
using NpgsqlTypes;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>Commits as the arrays of <see cref="CommitSql"/>, in the order of their parameters.</summary>
internal static class CommitArrays
{
    public static void Add(NpgsqlParameterCollection to, List<PendingCommit> group)
    {
        AddScopes(to, group);
        AddRows(to, group, born: true);
        AddRows(to, group, born: false);
        AddJournal(to, group);
        AddCounters(to, group);
        AddDigests(to, group);
    }

    private static void AddScopes(NpgsqlParameterCollection to, List<PendingCommit> group)
    {
        var n = group.Count;
        var (scope, epoch, head, id, clock) = (new long[n], new long[n], new long[n], new Guid[n], new long[n]);
        for (var i = 0; i < n; i++)
        {
            var commit = group[i].Commit;
            (scope[i], epoch[i], head[i], id[i], clock[i]) = (group[i].Scope, commit.Epoch, commit.Head, commit.CommitId, commit.Clock);
        }

        Bigint(to, scope);
        Bigint(to, epoch);
        Bigint(to, head);
        Of(to, id, NpgsqlDbType.Uuid);
        Bigint(to, clock);
    }

    // New rows name no version: that there is none is for the key itself to say.
    private static void AddRows(NpgsqlParameterCollection to, List<PendingCommit> group, bool born)
    {
        var n = group.Sum(pending => born ? pending.Births : pending.Rows.Length - pending.Births);
        var (ord, scope, type, id) = (new int[n], new long[n], new string[n], new string[n]);
        var (expected, seq, generation, deletedAt) = (new long[n], new long[n], new int[n], new long?[n]);
        var (fields, stamps) = (new byte[n][], new byte[n][]);
        var at = 0;
        for (var i = 0; i < group.Count; i++)
        {
            var pending = group[i];
            for (var j = 0; j < pending.Rows.Length; j++)
            {
                var (row, before) = pending.Commit.Rows[j];
                if (before == 0 != born) continue;
                (ord[at], scope[at], type[at], id[at]) = (i + 1, pending.Scope, row.Key.Type, row.Key.Id);
                (expected[at], seq[at], generation[at]) = (before, row.Sequence, row.Generation);
                deletedAt[at] = row.Deleted ? row.DeletedAt : null;
                (fields[at], stamps[at]) = pending.Rows[j];
                at++;
            }
        }

        AddOwners(to, ord, scope);
        Text(to, type);
        Text(to, id);
        if (!born) Bigint(to, expected);
        Bigint(to, seq);
        Integer(to, generation);
        Of(to, deletedAt, NpgsqlDbType.Bigint);
        Of(to, fields, NpgsqlDbType.Json);
        Bytea(to, stamps);
    }

    private static void AddJournal(NpgsqlParameterCollection to, List<PendingCommit> group)
    {
        var n = group.Sum(static pending => pending.Commit.Operations.Length);
        var (ord, scope, operation, device) = (new int[n], new long[n], new Guid[n], new int[n]);
        var (counter, type, id) = (new long[n], new string[n], new string[n]);
        var (kind, outcome, reason) = (new short[n], new short[n], new short[n]);
        var (seq, hash) = (new long[n], new byte[n][]);
        var at = 0;
        for (var i = 0; i < group.Count; i++)
        {
            var pending = group[i];
            foreach (var entry in pending.Commit.Operations)
            {
                (ord[at], scope[at], operation[at]) = (i + 1, pending.Scope, entry.Operation.Value);
                (device[at], counter[at]) = (pending.Devices[entry.Device], entry.Counter);
                (type[at], id[at]) = (entry.Entity.Type, entry.Entity.Id);
                (kind[at], outcome[at], reason[at]) = ((short)entry.Kind, (short)entry.Outcome, (short)entry.Reason);
                (seq[at], hash[at]) = (entry.Sequence, BigEndian(entry.ContentHash));
                at++;
            }
        }

        AddOwners(to, ord, scope);
        Of(to, operation, NpgsqlDbType.Uuid);
        Integer(to, device);
        Bigint(to, counter);
        Text(to, type);
        Text(to, id);
        Of(to, kind, NpgsqlDbType.Smallint);
        Of(to, outcome, NpgsqlDbType.Smallint);
        Of(to, reason, NpgsqlDbType.Smallint);
        Bigint(to, seq);
        Bytea(to, hash);
    }

    private static void AddCounters(NpgsqlParameterCollection to, List<PendingCommit> group)
    {
        var n = group.Sum(static pending => pending.Commit.Counters.Length);
        var (ord, scope, number, counter) = (new int[n], new long[n], new int[n], new long[n]);
        var at = 0;
        for (var i = 0; i < group.Count; i++)
        {
            foreach (var (device, value) in group[i].Commit.Counters)
            {
                (ord[at], scope[at], number[at], counter[at]) = (i + 1, group[i].Scope, group[i].Devices[device], value);
                at++;
            }
        }

        AddOwners(to, ord, scope);
        Integer(to, number);
        Bigint(to, counter);
    }

    private static void AddDigests(NpgsqlParameterCollection to, List<PendingCommit> group)
    {
        var n = group.Sum(static pending => pending.Commit.Digests.Length);
        var (ord, scope, type, digest, live) = (new int[n], new long[n], new string[n], new byte[n][], new long[n]);
        var at = 0;
        for (var i = 0; i < group.Count; i++)
        {
            foreach (var total in group[i].Commit.Digests)
            {
                (ord[at], scope[at], type[at]) = (i + 1, group[i].Scope, total.Type);
                (digest[at], live[at]) = (BigEndian(total.Digest), total.Rows);
                at++;
            }
        }

        AddOwners(to, ord, scope);
        Text(to, type);
        Bytea(to, digest);
        Bigint(to, live);
    }

    private static void AddOwners(NpgsqlParameterCollection to, int[] ord, long[] scope)
    {
        Integer(to, ord);
        Bigint(to, scope);
    }

    internal static byte[] BigEndian(UInt128 value)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return bytes;
    }

    internal static void Integer(NpgsqlParameterCollection to, int[] values) => Of(to, values, NpgsqlDbType.Integer);

    internal static void Bigint(NpgsqlParameterCollection to, long[] values) => Of(to, values, NpgsqlDbType.Bigint);

    internal static void Text(NpgsqlParameterCollection to, string[] values) => Of(to, values, NpgsqlDbType.Text);

    internal static void Bytea(NpgsqlParameterCollection to, byte[][] values) => Of(to, values, NpgsqlDbType.Bytea);

    internal static void Of<T>(NpgsqlParameterCollection to, T[] values, NpgsqlDbType element) =>
        to.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element });
}
