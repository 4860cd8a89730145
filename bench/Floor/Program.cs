using System.CommandLine;
using OrleansSync.Bench.Floor;

var store = new Option<string>("--store") { Description = "postgres or sqlite.", Required = true };
store.AcceptOnlyFromAmong("postgres", "sqlite");
var connection = new Option<string?>("--connection") { Description = "postgres: the connection string of a database; its tables are made." };
var file = new Option<string?>("--file") { Description = "sqlite: the database file; it is made." };
var port = new Option<int>("--port") { Description = "The port on the loopback, HTTP/2 without TLS.", Required = true };
var command = new RootCommand("One table behind gRPC: durable before acknowledged, applied once, ordered per user, and nothing else.")
{
    store, connection, file, port,
};
command.Validators.Add(parsed =>
{
    var isPostgres = parsed.GetValue(store) == "postgres";
    if (parsed.GetValue(isPostgres ? connection : file) is null)
        parsed.AddError(isPostgres ? "postgres needs --connection." : "sqlite needs --file.");
});
command.SetAction(async (parsed, cancellationToken) =>
{
    await using IFloorStore floor = parsed.GetValue(store) == "postgres"
        ? await PostgresFloor.OpenAsync(parsed.GetValue(connection)!, cancellationToken)
        : new SqliteFloor(parsed.GetValue(file)!);
    await FloorHost.RunAsync(floor, parsed.GetValue(port), cancellationToken);
});
return await command.Parse(args).InvokeAsync();
