ALTER TABLE "vhosts" ADD COLUMN "previous_hook_secret_sealed" text;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "previous_hook_secret_until" timestamp (3) with time zone;