-- AlterTable
ALTER TABLE "sync_events" ALTER COLUMN "state_snapshot" DROP NOT NULL;
