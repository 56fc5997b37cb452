-- CreateTable
CREATE TABLE "sync_sessions" (
    "session_id" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "version" INTEGER NOT NULL,
    "sync_mode" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "cycle_count" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "session_started_at" TIMESTAMPTZ(3),
    "session_completed_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "sync_sessions_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "sync_events" (
    "session_id" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "version" INTEGER NOT NULL,
    "event_type" TEXT NOT NULL,
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "participant_id" TEXT,
    "group_id" TEXT,
    "time_elapsed_ms" BIGINT NOT NULL,
    "time_remaining_ms" BIGINT,
    "state_snapshot" JSON NOT NULL,
    "metadata" JSON NOT NULL,
    "previous_hash" TEXT,

    CONSTRAINT "sync_events_pkey" PRIMARY KEY ("session_id","epoch","version")
);

-- CreateIndex
CREATE INDEX "sync_sessions_finished_idx" ON "sync_sessions"("updated_at") WHERE (deleted_at IS NOT NULL OR status IN ('expired', 'completed', 'cancelled'));
