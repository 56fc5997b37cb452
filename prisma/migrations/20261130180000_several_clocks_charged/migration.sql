-- AlterTable
ALTER TABLE "sync_events" ALTER COLUMN "time_elapsed_ms" DROP NOT NULL;
