CREATE TABLE "hook_answers" (
	"hash" text PRIMARY KEY NOT NULL,
	"vhost_id" text NOT NULL,
	"answer" jsonb NOT NULL,
	"answered_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "node_commands" (
	"id" text PRIMARY KEY NOT NULL,
	"node_id" text NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb NOT NULL,
	"job_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"relayed_at" timestamp (3) with time zone,
	"done_at" timestamp (3) with time zone,
	"error_code" text,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "push_targets" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"name" text,
	"url" text NOT NULL,
	"credential_sealed" text,
	"enabled" boolean DEFAULT true NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_buckets" (
	"token_id" text PRIMARY KEY NOT NULL,
	"level" double precision NOT NULL,
	"refilled_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "storages" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"name" text NOT NULL,
	"location" jsonb NOT NULL,
	"secret_sealed" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stream_push_targets" (
	"stream_id" text NOT NULL,
	"push_target_id" text NOT NULL,
	"status" text DEFAULT 'idle' NOT NULL,
	"status_at" timestamp (3) with time zone,
	"node_id" text,
	"retries" integer DEFAULT 0 NOT NULL,
	"last_error_code" text,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stream_push_targets_stream_id_push_target_id_pk" PRIMARY KEY("stream_id","push_target_id")
);
--> statement-breakpoint
CREATE TABLE "vhost_aliases" (
	"name" text PRIMARY KEY NOT NULL,
	"vhost_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewers" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"stream_id" text NOT NULL,
	"node_id" text NOT NULL,
	"boot_id" text NOT NULL,
	"protocol" text NOT NULL,
	"client" jsonb NOT NULL,
	"joined_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "desired_state" text DEFAULT 'ready' NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "limits" jsonb DEFAULT '{"max_streams":null,"requests_per_minute":null}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "default_storage_id" text;--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_keys" ADD COLUMN "allow_ips" text[];--> statement-breakpoint
ALTER TABLE "stream_keys" ADD COLUMN "protocols" text[];--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "latency" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "reconnect_window_s" integer;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "max_bitrate_kbps" integer;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "max_duration_s" integer;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "source" jsonb DEFAULT '{"type":"push"}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "ip_rules" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "refer_rules" jsonb DEFAULT '{"publish":[],"play":[],"all":[]}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "cors_origins" text[];--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "callback_format" text DEFAULT 'native' NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "admission_hook" jsonb;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "hook_secret_sealed" text;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "viewer_events" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "hook_answers" ADD CONSTRAINT "hook_answers_vhost_id_vhosts_id_fk" FOREIGN KEY ("vhost_id") REFERENCES "public"."vhosts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "node_commands" ADD CONSTRAINT "node_commands_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "node_commands" ADD CONSTRAINT "node_commands_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_targets" ADD CONSTRAINT "push_targets_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "storages" ADD CONSTRAINT "storages_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_push_targets" ADD CONSTRAINT "stream_push_targets_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_push_targets" ADD CONSTRAINT "stream_push_targets_push_target_id_push_targets_id_fk" FOREIGN KEY ("push_target_id") REFERENCES "public"."push_targets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_push_targets" ADD CONSTRAINT "stream_push_targets_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vhost_aliases" ADD CONSTRAINT "vhost_aliases_vhost_id_vhosts_id_fk" FOREIGN KEY ("vhost_id") REFERENCES "public"."vhosts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewers" ADD CONSTRAINT "viewers_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewers" ADD CONSTRAINT "viewers_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewers" ADD CONSTRAINT "viewers_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "hook_answers_expires_at_index" ON "hook_answers" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "hook_answers_vhost_id_index" ON "hook_answers" USING btree ("vhost_id");--> statement-breakpoint
CREATE INDEX "node_commands_open_idx" ON "node_commands" USING btree ("node_id","id") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "node_commands_job_id_index" ON "node_commands" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "node_commands_created_at_index" ON "node_commands" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "push_targets_project_id_id_index" ON "push_targets" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "storages_project_id_id_index" ON "storages" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "stream_push_targets_push_target_id_index" ON "stream_push_targets" USING btree ("push_target_id");--> statement-breakpoint
CREATE INDEX "vhost_aliases_vhost_id_index" ON "vhost_aliases" USING btree ("vhost_id");--> statement-breakpoint
CREATE INDEX "viewers_project_id_id_index" ON "viewers" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "viewers_stream_id_id_index" ON "viewers" USING btree ("stream_id","id");--> statement-breakpoint
CREATE INDEX "viewers_node_id_boot_id_index" ON "viewers" USING btree ("node_id","boot_id");--> statement-breakpoint
ALTER TABLE "hook_answers" SET UNLOGGED;--> statement-breakpoint
ALTER TABLE "rate_buckets" SET UNLOGGED;
