using System.Runtime.CompilerServices;
using Google.Protobuf;
using Npgsql;
using NpgsqlTypes;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>One statement a batch, with arrays: locks the user, keeps what is new, stores it. Autocommit: one round trip.</summary>
internal sealed class PostgresFloor(NpgsqlDataSource source) : IFloorStore
{
    private const int Connections = 32;

    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS floor_users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          name text COLLATE "C" NOT NULL UNIQUE, head bigint NOT NULL) WITH (fillfactor = 50);
        CREATE TABLE IF NOT EXISTS floor_rows (user_id bigint NOT NULL, entity_id text COLLATE "C" NOT NULL, seq bigint NOT NULL,
          document json NOT NULL, PRIMARY KEY (user_id, entity_id));
        CREATE INDEX IF NOT EXISTS floor_rows_by_sequence ON floor_rows (user_id, seq);
        CREATE TABLE IF NOT EXISTS floor_writes (user_id bigint NOT NULL, write_id uuid NOT NULL, seq bigint NOT NULL,
          PRIMARY KEY (user_id, write_id));
        """;

    // Of two writes of one entity the last one counts: last says which.
    private const string Write =
        """
        WITH head AS (
          INSERT INTO floor_users (name, head) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET head = floor_users.head + 1
          RETURNING id, head),
        fresh AS (
          INSERT INTO floor_writes (user_id, write_id, seq) SELECT head.id, w.id, head.head FROM head, unnest($2::uuid[]) AS w(id)
          ON CONFLICT DO NOTHING RETURNING write_id),
        stored AS (
          INSERT INTO floor_rows (user_id, entity_id, seq, document)
          SELECT head.id, w.entity, head.head, w.document
          FROM head, unnest($2::uuid[], $3::text[], $4::json[], $5::boolean[]) AS w(id, entity, document, last)
          WHERE w.last AND (w.id IN (SELECT write_id FROM fresh)) IS TRUE
          ON CONFLICT (user_id, entity_id) DO UPDATE SET seq = excluded.seq, document = excluded.document)
        SELECT (SELECT head FROM head), (SELECT count(*) FROM fresh)::int
        """;

    public static async Task<PostgresFloor> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = Connections,
            MaxAutoPrepare = 8,
            AutoPrepareMinUsages = 1,
            NoResetOnClose = true,
            Options = "-c plan_cache_mode=force_generic_plan -c jit=off",
        };
        var source = NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new PostgresFloor(source);
    }

    public async Task<Committed> WriteAsync(string user, IReadOnlyList<Write> writes)
    {
        var ids = new Guid[writes.Count];
        var entities = new string[writes.Count];
        var documents = new byte[writes.Count][];
        var last = new bool[writes.Count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = writes.Count - 1; i >= 0; i--)
        {
            ids[i] = new Guid(writes[i].Id.Span, bigEndian: true);
            entities[i] = writes[i].EntityId;
            documents[i] = writes[i].Document.ToByteArray();
            last[i] = seen.Add(entities[i]);
        }

        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(Write, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = entities, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = documents, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Json });
        command.Parameters.Add(new NpgsqlParameter<bool[]> { TypedValue = last, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Boolean });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var committed = new Committed(reader.GetInt64(0), reader.GetInt32(1));
        // Rows arrive before the commit; the end of the results comes after it.
        await reader.NextResultAsync();
        return committed;
    }

    public async IAsyncEnumerable<Row> ReadAsync(string user, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT entity_id, seq, document FROM floor_rows WHERE user_id = (SELECT id FROM floor_users WHERE name = $1) ORDER BY seq", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new Row
            {
                EntityId = reader.GetString(0),
                Sequence = reader.GetInt64(1),
                Document = UnsafeByteOperations.UnsafeWrap(reader.GetFieldValue<byte[]>(2)),
            };
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
