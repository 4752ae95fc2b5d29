-- Endpoints that are told of events. A delivery hangs on the audit row itself: a trigger writes it, and
-- what the outbox owes for it, in the very transaction of the fact (docs/decisions/0011).

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  url TEXT NOT NULL CHECK (length(url) BETWEEN 10 AND 2000),
  description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 200),
  -- Names of events as a JSON array; NULL: every one.
  events TEXT CHECK (json_type(events) = 'array'),
  secret TEXT NOT NULL,
  previous_secret TEXT,
  previous_secret_until INTEGER,
  created_by INTEGER REFERENCES users (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  disabled_at INTEGER,
  disabled_reason TEXT CHECK (disabled_reason IN ('by_admin', 'gone', 'failing')),
  -- Since when every attempt has failed, and until when it is left alone for keeping us waiting.
  failing_since INTEGER,
  paused_until INTEGER,
  CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL)),
  CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_created_by ON webhooks (created_by) WHERE created_by IS NOT NULL;

-- One event for one endpoint: the delivery log, and by its id the row of the outbox. The id begins with
-- the event's millisecond, so its order is the order in time. No foreign keys: the log of an endpoint
-- that was deleted, and of events that were, leaves by its own retention.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY CHECK (length(id) = 22),
  webhook_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_status INTEGER,
  last_error TEXT CHECK (length(last_error) <= 60),
  created_at INTEGER NOT NULL,
  delivered_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, id);

-- What strangers' servers take long over stands apart from our own mails and effects.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE dead_at IS NULL AND kind <> 'webhook';
CREATE INDEX outbox_webhooks_due ON outbox (next_attempt_at) WHERE dead_at IS NULL AND kind = 'webhook';

-- A test goes to the endpoint that is tested, whatever it chose and even while it is disabled.
CREATE TRIGGER audit_log_webhooks AFTER INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM webhooks) BEGIN
  INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, created_at)
    SELECT printf('%011x', new.at) || substr(lower(hex(randomblob(6))), 1, 11), id, new.id, new.event, new.at
    FROM webhooks
    WHERE CASE new.event
      WHEN 'webhook.test' THEN id = new.data ->> 'webhook_id'
      ELSE disabled_at IS NULL AND (events IS NULL OR instr(events, '"' || new.event || '"') > 0) END;
END;

CREATE TRIGGER webhook_deliveries_owed AFTER INSERT ON webhook_deliveries BEGIN
  INSERT INTO outbox (id, kind, payload, next_attempt_at, created_at)
    VALUES (new.id, 'webhook', json_object('event', new.event), new.created_at, new.created_at);
END;

-- A delivery is dead while its row of the outbox is: so the two cannot tell different stories.
CREATE TRIGGER outbox_webhook_died AFTER UPDATE OF dead_at ON outbox
WHEN new.kind = 'webhook' AND (new.dead_at IS NULL) <> (old.dead_at IS NULL) BEGIN
  UPDATE webhook_deliveries SET state = iif(new.dead_at IS NULL, 'pending', 'dead') WHERE id = new.id;
END;
