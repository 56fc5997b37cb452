-- AlterTable
ALTER TABLE "sync_events" ADD COLUMN "rules" INTEGER;
