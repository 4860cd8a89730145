-- Automatic analysis reads 300 rows of a table for each unit of its columns' highest target: 30,000 of each of the 16 partitions
-- by default, as often as a tenth of one has changed. Commits and pages go by a whole key or along the one index that
-- has their order, whatever the statistics say; what the purge joins and lists select by is told by a tenth of the sample too.
DO $$
DECLARE
    col record;
BEGIN
    FOR col IN
        SELECT a.attrelid::regclass AS tab, a.attname AS name FROM pg_attribute a
        WHERE a.attrelid IN ('entities'::regclass, 'operations'::regclass) AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 10', col.tab, col.name);
    END LOOP;
END $$;
