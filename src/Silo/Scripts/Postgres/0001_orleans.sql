-- What Orleans keeps in the database: who is in the cluster, reminders, and the state of grains. All of it lives in a schema
-- of its own; Orleans finds its queries there, by name, in a table whose name it fixes.
CREATE SCHEMA orleans;

CREATE TABLE orleans.OrleansQuery (
    QueryKey  text NOT NULL PRIMARY KEY,
    QueryText text NOT NULL
);

-- The version of a cluster's membership. Whoever changes a member turns it, in the same statement, from the version that the
-- change was made for: two silos that decide at once about the others cannot both be right.
CREATE TABLE orleans.clusters (
    deployment text NOT NULL PRIMARY KEY,
    version    int  NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orleans.members (
    deployment    text NOT NULL REFERENCES orleans.clusters,
    address       text NOT NULL,
    port          int  NOT NULL,
    generation    int  NOT NULL,
    name          text NOT NULL,
    host          text NOT NULL,
    -- 1 created, 2 joining, 3 active, 4 shutting down, 5 stopping, 6 dead.
    status        int  NOT NULL,
    gateway_port  int  NOT NULL,
    suspected_by  text,
    started_at    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (deployment, address, port, generation)
);

CREATE TABLE orleans.reminders (
    service    text   NOT NULL,
    grain      text   NOT NULL,
    name       text   NOT NULL,
    hash       int    NOT NULL,
    starts_at  timestamptz NOT NULL,
    period_ms  bigint NOT NULL,
    version    int    NOT NULL,
    PRIMARY KEY (service, grain, name)
);

CREATE INDEX reminders_by_hash ON orleans.reminders (service, hash);

-- The key is unique, so that two activations that write a grain's first state at once leave one row, and the second learns
-- of it. The service's id is no part of it: the database is one service's, and renaming that must not lose what it keeps.
CREATE TABLE orleans.grain_states (
    type    text   NOT NULL,
    key     text   NOT NULL,
    n0      bigint NOT NULL,
    n1      bigint NOT NULL,
    version int    NOT NULL,
    payload bytea,
    PRIMARY KEY (type, key, n0, n1)
);

INSERT INTO orleans.OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
    WITH made AS (
        INSERT INTO orleans.clusters (deployment) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM made)
'),
('InsertMembershipKey', '
    WITH turned AS (
        UPDATE orleans.clusters SET version = version + 1, changed_at = now()
        WHERE deployment = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT 1 FROM orleans.members
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment),
    joined AS (
        INSERT INTO orleans.members (
            deployment, address, port, generation, name, host, status, gateway_port, started_at, alive_at)
        SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        FROM turned RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM joined)
'),
('UpdateMembershipKey', '
    WITH turned AS (
        UPDATE orleans.clusters SET version = version + 1, changed_at = now()
        WHERE deployment = @DeploymentId AND version = @Version AND EXISTS (
            SELECT 1 FROM orleans.members
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment),
    changed AS (
        UPDATE orleans.members AS member
        SET status = @Status, suspected_by = @SuspectTimes, alive_at = @IAmAliveTime
        FROM turned
        WHERE member.deployment = turned.deployment
          AND member.address = @Address AND member.port = @Port AND member.generation = @Generation
        RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM changed)
'),
('UpdateIAmAlivetimeKey', '
    UPDATE orleans.members SET alive_at = @IAmAliveTime
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
'),
('MembershipReadAllKey', '
    SELECT member.address AS Address, member.port AS Port, member.generation AS Generation, member.name AS SiloName,
           member.host AS HostName, member.status AS Status, member.gateway_port AS ProxyPort,
           member.suspected_by AS SuspectTimes, member.started_at AS StartTime, member.alive_at AS IAmAliveTime,
           cluster.version AS Version
    FROM orleans.clusters AS cluster
    LEFT JOIN orleans.members AS member ON member.deployment = cluster.deployment
    WHERE cluster.deployment = @DeploymentId
'),
('MembershipReadRowKey', '
    SELECT member.address AS Address, member.port AS Port, member.generation AS Generation, member.name AS SiloName,
           member.host AS HostName, member.status AS Status, member.gateway_port AS ProxyPort,
           member.suspected_by AS SuspectTimes, member.started_at AS StartTime, member.alive_at AS IAmAliveTime,
           cluster.version AS Version
    FROM orleans.clusters AS cluster
    LEFT JOIN orleans.members AS member ON member.deployment = cluster.deployment
        AND member.address = @Address AND member.port = @Port AND member.generation = @Generation
    WHERE cluster.deployment = @DeploymentId
'),
('GatewaysQueryKey', '
    SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation
    FROM orleans.members
    WHERE deployment = @DeploymentId AND status = @Status AND gateway_port > 0
'),
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM orleans.members WHERE deployment = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3
'),
('DeleteMembershipTableEntriesKey', '
    WITH gone AS (DELETE FROM orleans.members WHERE deployment = @DeploymentId)
    UPDATE orleans.clusters SET version = version + 1, changed_at = now() WHERE deployment = @DeploymentId
');

INSERT INTO orleans.OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', '
    INSERT INTO orleans.reminders AS kept (service, grain, name, hash, starts_at, period_ms, version)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
    ON CONFLICT (service, grain, name) DO UPDATE
        SET starts_at = excluded.starts_at, period_ms = excluded.period_ms, version = kept.version + 1
    RETURNING version AS Version
'),
('ReadReminderRowKey', '
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans.reminders WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
'),
('ReadReminderRowsKey', '
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans.reminders WHERE service = @ServiceId AND grain = @GrainId
'),
('ReadRangeRows1Key', '
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans.reminders WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
'),
('ReadRangeRows2Key', '
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period_ms AS Period, version AS Version
    FROM orleans.reminders WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
'),
('DeleteReminderRowKey', '
    WITH gone AS (
        DELETE FROM orleans.reminders
        WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM gone)
'),
('DeleteReminderRowsKey', '
    DELETE FROM orleans.reminders WHERE service = @ServiceId
');

-- The second WHERE lets a state that was read and is gone meanwhile fail as stale instead of coming back.
INSERT INTO orleans.OrleansQuery (QueryKey, QueryText) VALUES
('WriteToStorageKey', '
    INSERT INTO orleans.grain_states AS kept (type, key, n0, n1, version, payload)
    SELECT @GrainTypeString, coalesce(@GrainIdExtensionString, ''''), @GrainIdN0, @GrainIdN1, 1, @PayloadBinary
    WHERE CAST(@GrainStateVersion AS int) IS NULL OR EXISTS (
        SELECT 1 FROM orleans.grain_states
        WHERE type = @GrainTypeString AND key = coalesce(@GrainIdExtensionString, '''')
          AND n0 = @GrainIdN0 AND n1 = @GrainIdN1)
    ON CONFLICT (type, key, n0, n1) DO UPDATE SET payload = excluded.payload, version = kept.version + 1
        WHERE kept.version = CAST(@GrainStateVersion AS int)
    RETURNING version AS NewGrainStateVersion
'),
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version FROM orleans.grain_states
    WHERE type = @GrainTypeString AND key = coalesce(@GrainIdExtensionString, '''')
      AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
'),
('ClearStorageKey', '
    UPDATE orleans.grain_states SET payload = NULL, version = version + 1
    WHERE type = @GrainTypeString AND key = coalesce(@GrainIdExtensionString, '''')
      AND n0 = @GrainIdN0 AND n1 = @GrainIdN1 AND version = CAST(@GrainStateVersion AS int)
    RETURNING version AS NewGrainStateVersion
');
