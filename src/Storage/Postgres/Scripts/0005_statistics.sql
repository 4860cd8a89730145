-- Automatic analysis reads 300 rows of a table for each unit of its columns' highest target: 30,000 of each of the 16 partitions
-- by default, as often as a tenth of one has changed. Every statement goes by a whole key or along the one index that has its
-- order, whatever the statistics say; a tenth of the sample tells as much.
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
