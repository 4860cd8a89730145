using OrleansSync.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace OrleansSync.Storage.Tests.Sqlite;

/// <summary>Statements by SQLite's own functions, and by SQLitePCLRaw's where an app has given it another library.</summary>
public sealed class StatementHandleTests
{
    [Fact]
    public void The_library_that_comes_along_is_called_straight() => Assert.True(NativeSqlite.IsTheLibrary);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Values_come_back_as_they_were_bound(bool direct)
    {
        using var database = new SqliteDatabase(":memory:", TimeSpan.FromSeconds(1));
        using var statement = Prepare(database, "SELECT ?, ?, ?, ?, ?, ?, ?, typeof(?3), typeof(?4), typeof(?5), typeof(?6)", direct);
        byte[] blob = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)i)];
        var text = "\u00e4\0\ud83d\ude00"u8;

        Assert.Equal(SQLITE_OK, statement.BindInt64(1, long.MinValue));
        Assert.Equal(SQLITE_OK, statement.BindDouble(2, 0.1));
        Assert.Equal(SQLITE_OK, statement.BindNull(3));
        Assert.Equal(SQLITE_OK, statement.BindText(4, text));
        Assert.Equal(SQLITE_OK, statement.BindText(5, default));
        Assert.Equal(SQLITE_OK, statement.BindBlob(6, default));
        Assert.Equal(SQLITE_OK, statement.BindBlob(7, blob));
        Assert.Equal(SQLITE_ROW, statement.Step());

        Assert.Equal((SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_NULL), (statement.ColumnType(0), statement.ColumnType(1), statement.ColumnType(2)));
        Assert.Equal((long.MinValue, 0), (statement.ColumnInt64(0), statement.ColumnInt64(2)));
        Assert.Equal("0.1"u8, statement.ColumnBytes(1));
        Assert.Equal(text, statement.ColumnBytes(3));
        Assert.True(statement.ColumnBytes(2).IsEmpty && statement.ColumnBytes(4).IsEmpty && statement.ColumnBytes(5).IsEmpty);
        Assert.Equal(blob, statement.ColumnBytes(6));
        string[] types = ["null", "text", "text", "blob"];
        for (var i = 0; i < types.Length; i++) Assert.Equal(types[i], System.Text.Encoding.UTF8.GetString(statement.ColumnBytes(7 + i)));
        Assert.Equal(SQLITE_DONE, statement.Step());
        Assert.Equal(SQLITE_OK, statement.Reset());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Faults_are_told(bool direct)
    {
        using var database = new SqliteDatabase(":memory:", TimeSpan.FromSeconds(1));
        database.RunScript("CREATE TABLE t(a PRIMARY KEY); INSERT INTO t VALUES(1)");
        using var statement = Prepare(database, "INSERT INTO t VALUES(?)", direct);

        Assert.Equal(SQLITE_RANGE, statement.BindInt64(2, 1));
        Assert.Equal(SQLITE_OK, statement.BindInt64(1, 1));
        Assert.Equal(SQLITE_CONSTRAINT_PRIMARYKEY, statement.Step());
        Assert.Equal(SQLITE_CONSTRAINT_PRIMARYKEY, statement.Reset());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_was_disposed_of_is_not_called(bool direct)
    {
        using var database = new SqliteDatabase(":memory:", TimeSpan.FromSeconds(1));
        var statement = Prepare(database, "SELECT 1", direct);
        statement.Dispose();

        Assert.Throws<ObjectDisposedException>(() => statement.Step());
    }

    private static StatementHandle Prepare(SqliteDatabase database, string sql, bool direct)
    {
        Assert.Equal(SQLITE_OK, sqlite3_prepare_v2(database.Handle, sql, out sqlite3_stmt statement));
        return new StatementHandle(statement, direct);
    }
}
