CREATE TABLE "control_presence" (
	"id" text PRIMARY KEY NOT NULL,
	"awake_since" timestamp (3) with time zone NOT NULL,
	"last_awake_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stream_leases" (
	"stream_id" text PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"node_id" text,
	"boot_id" text,
	"session_id" text,
	"taken_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"lost_until" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "stream_leases" ADD CONSTRAINT "stream_leases_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_leases" ADD CONSTRAINT "stream_leases_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stream_leases_expires_at_index" ON "stream_leases" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "stream_leases_node_id_index" ON "stream_leases" USING btree ("node_id");