ALTER TABLE "node_commands" ADD COLUMN "traceparent" text;--> statement-breakpoint
ALTER TABLE "stream_push_targets" ADD COLUMN "traceparent" text;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "source_traceparent" text;