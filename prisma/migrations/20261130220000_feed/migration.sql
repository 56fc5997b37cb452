-- In which transaction an event was recorded: the order of the feed. A default that is the same for all rows of a
-- transaction, so that no table is rewritten; events that were there before come first, as of this migration.
ALTER TABLE "sync_events" ADD COLUMN "recorded_in" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint;

-- CreateIndex
CREATE INDEX "sync_events_feed_idx" ON "sync_events"("recorded_in", "session_id", "epoch", "version");
