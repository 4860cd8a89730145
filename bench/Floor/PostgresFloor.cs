using System.Runtime.CompilerServices;
using Google.Protobuf;
using Npgsql;
using NpgsqlTypes;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

internal sealed class PostgresFloor : IFloorStore
{
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS floor_users (
          "user" text COLLATE "C" PRIMARY KEY, id bigint NOT NULL GENERATED ALWAYS AS IDENTITY, head bigint NOT NULL)
          WITH (fillfactor = 50);
        CREATE TABLE IF NOT EXISTS floor_rows (
          "user" bigint NOT NULL, entity_id text COLLATE "C" NOT NULL, seq bigint NOT NULL, document json NOT NULL,
          PRIMARY KEY ("user", entity_id));
        CREATE INDEX IF NOT EXISTS floor_rows_seq ON floor_rows ("user", seq);
        CREATE TABLE IF NOT EXISTS floor_writes (
          "user" bigint NOT NULL, write_id uuid NOT NULL, seq bigint NOT NULL, PRIMARY KEY ("user", write_id));
        """;

    private const string AddUser = """INSERT INTO floor_users ("user", head) VALUES ($1, 0) ON CONFLICT DO NOTHING""";

    // The user's row comes first: its lock puts the batches of one user in their order, whichever stream they come from.
    // DISTINCT ON is among the fresh ones only, which no one but the database knows: of several writes to one entity the last
    // wins, but not one that was applied long ago. IS TRUE keeps the IN a hashed subplan.
    private const string Commit =
        """
        WITH u AS (UPDATE floor_users SET head = head + 1 WHERE "user" = $1 RETURNING id, head),
        fresh AS (
          INSERT INTO floor_writes ("user", write_id, seq)
          SELECT u.id, w.write_id, u.head FROM u, unnest($2::uuid[]) AS w(write_id)
          ON CONFLICT DO NOTHING RETURNING write_id),
        upserted AS (
          INSERT INTO floor_rows ("user", entity_id, seq, document)
          SELECT DISTINCT ON (w.entity_id COLLATE "C") u.id, w.entity_id, u.head, w.document
          FROM u, unnest($2::uuid[], $3::text[], $4::json[]) WITH ORDINALITY AS w(write_id, entity_id, document, ord)
          WHERE (w.write_id IN (SELECT write_id FROM fresh)) IS TRUE
          ORDER BY w.entity_id COLLATE "C", w.ord DESC
          ON CONFLICT ("user", entity_id) DO UPDATE SET seq = excluded.seq, document = excluded.document)
        SELECT head, CASE WHEN (SELECT count(*) FROM fresh) < $5 THEN ARRAY(SELECT write_id FROM fresh) END FROM u
        """;

    private const string Rows =
        """
        SELECT r.entity_id, r.seq, r.document FROM floor_users u JOIN floor_rows r ON r."user" = u.id
        WHERE u."user" = $1 ORDER BY r.seq
        """;

    private const string DataException = "22";

    private readonly NpgsqlDataSource _writers;
    // Of its own: slow readers, who keep a connection each, are not to keep writers waiting.
    private readonly NpgsqlDataSource _readers;

    public PostgresFloor(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection)
        {
            MaxPoolSize = 32,
            MaxAutoPrepare = 8,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            // A batch of a hundred rows, or a good part of a page, in one system call.
            WriteBufferSize = 64 * 1024,
            ReadBufferSize = 64 * 1024,
        };
        settings.Options = $"{settings.Options} -c plan_cache_mode=force_generic_plan -c jit=off".Trim();
        _writers = NpgsqlDataSource.Create(settings);
        _readers = NpgsqlDataSource.Create(settings);
    }

    public async Task StartAsync()
    {
        await using var command = _writers.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<Committed> PushAsync(string user, IReadOnlyList<Write> writes)
    {
        var batch = new PostgresBatch(writes);
        await using var connection = await _writers.OpenConnectionAsync();
        await using var commit = batch.ToCommand(Commit, user, connection);
        try
        {
            while (true)
            {
                if (await ExecuteAsync(commit) is { } row) return new Committed(row.Head, batch.Fresh(row.Fresh));
                await using var add = new NpgsqlCommand(AddUser, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = user } } };
                await add.ExecuteNonQueryAsync();
            }
        }
        catch (PostgresException exception) when (exception.SqlState.StartsWith(DataException, StringComparison.Ordinal))
        {
            throw new InvalidWriteException($"document or entity_id: {exception.MessageText}");
        }
    }

    public async IAsyncEnumerable<ReadResponse> ReadAsync(string user, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = _readers.CreateCommand(Rows);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var page = new ReadResponse();
        while (await reader.ReadAsync(cancellationToken))
        {
            page.Rows.Add(new Row
            {
                EntityId = reader.GetString(0),
                Sequence = reader.GetInt64(1),
                // The array is the reader's own copy for us: nobody else changes it.
                Document = UnsafeByteOperations.UnsafeWrap(reader.GetFieldValue<byte[]>(2)),
            });
            if (page.Rows.Count < IFloorStore.PageSize) continue;
            yield return page;
            page = new ReadResponse();
        }

        if (page.Rows.Count > 0) yield return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync();
        await _writers.DisposeAsync();
    }

    private static async Task<(long Head, Guid[]? Fresh)?> ExecuteAsync(NpgsqlCommand commit)
    {
        await using var reader = await commit.ExecuteReaderAsync();
        if (!await reader.ReadAsync()) return null;
        var row = (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<Guid[]>(1));
        // A row arrives before the commit: an error of the commit comes here.
        while (await reader.NextResultAsync()) { }
        return row;
    }
}
