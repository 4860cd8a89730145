-- Which tombstones are old enough to go. Rows that live are not in it, so what is written and never deleted does not pay for it.
CREATE INDEX entities_deleted ON entities (scope, deleted_at) WHERE deleted_at IS NOT NULL;
