CREATE TABLE "clips" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"stream_id" text NOT NULL,
	"recording_id" text,
	"title" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'processing' NOT NULL,
	"from_at" timestamp (3) with time zone NOT NULL,
	"to_at" timestamp (3) with time zone NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"duration_ms" double precision DEFAULT 0 NOT NULL,
	"storage_id" text NOT NULL,
	"files" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"retention_days" integer,
	"expires_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"job_id" text,
	"error_code" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "media_segments" (
	"take_id" text NOT NULL,
	"seq" integer NOT NULL,
	"stream_id" text NOT NULL,
	"recording_id" text,
	"init" integer DEFAULT 0 NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"duration_ms" double precision NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"video_frames" integer DEFAULT 0 NOT NULL,
	"audio_frames" integer DEFAULT 0 NOT NULL,
	"discontinuity" boolean DEFAULT false NOT NULL,
	"lost_code" text,
	CONSTRAINT "media_segments_take_id_seq_pk" PRIMARY KEY("take_id","seq")
);
--> statement-breakpoint
CREATE TABLE "recordings" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"stream_id" text NOT NULL,
	"title" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"mode" text NOT NULL,
	"plan" text NOT NULL,
	"split_s" integer,
	"status" text DEFAULT 'recording' NOT NULL,
	"format" text NOT NULL,
	"segment_s" integer NOT NULL,
	"storage_id" text NOT NULL,
	"path" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"close_at" timestamp (3) with time zone,
	"segments" integer DEFAULT 0 NOT NULL,
	"lost_segments" integer DEFAULT 0 NOT NULL,
	"duration_ms" double precision DEFAULT 0 NOT NULL,
	"segment_bytes" bigint DEFAULT 0 NOT NULL,
	"discontinuities" integer DEFAULT 0 NOT NULL,
	"index_version" integer DEFAULT 0 NOT NULL,
	"finished_version" integer,
	"finished_at" timestamp (3) with time zone,
	"gaps" jsonb,
	"files" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"retention_days" integer,
	"expires_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"job_id" text,
	"error_code" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "takes" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"stream_id" text NOT NULL,
	"session_id" text NOT NULL,
	"node_id" text NOT NULL,
	"storage_id" text NOT NULL,
	"format" text NOT NULL,
	"epoch" bigint,
	"opened_at" timestamp (3) with time zone,
	"tracks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"segments" integer,
	"pending_segments" integer DEFAULT 0 NOT NULL,
	"pending_bytes" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "playback_ids" ADD COLUMN "recording_id" text;--> statement-breakpoint
ALTER TABLE "storages" ADD COLUMN "public_base_url" text;--> statement-breakpoint
ALTER TABLE "storages" ADD COLUMN "sse" jsonb;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "record" jsonb;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "dvr_window_s" integer;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "live_playlist" boolean;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "live_window_s" integer;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "record" jsonb;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "dvr_window_s" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "live_playlist" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "live_window_s" integer DEFAULT 60 NOT NULL;--> statement-breakpoint
ALTER TABLE "clips" ADD CONSTRAINT "clips_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clips" ADD CONSTRAINT "clips_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clips" ADD CONSTRAINT "clips_recording_id_recordings_id_fk" FOREIGN KEY ("recording_id") REFERENCES "public"."recordings"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clips" ADD CONSTRAINT "clips_storage_id_storages_id_fk" FOREIGN KEY ("storage_id") REFERENCES "public"."storages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_segments" ADD CONSTRAINT "media_segments_take_id_takes_id_fk" FOREIGN KEY ("take_id") REFERENCES "public"."takes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "media_segments" ADD CONSTRAINT "media_segments_recording_id_recordings_id_fk" FOREIGN KEY ("recording_id") REFERENCES "public"."recordings"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recordings" ADD CONSTRAINT "recordings_storage_id_storages_id_fk" FOREIGN KEY ("storage_id") REFERENCES "public"."storages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "takes" ADD CONSTRAINT "takes_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "takes" ADD CONSTRAINT "takes_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "takes" ADD CONSTRAINT "takes_storage_id_storages_id_fk" FOREIGN KEY ("storage_id") REFERENCES "public"."storages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "clips_project_id_id_index" ON "clips" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "clips_stream_id_from_at_index" ON "clips" USING btree ("stream_id","from_at");--> statement-breakpoint
CREATE INDEX "clips_recording_id_index" ON "clips" USING btree ("recording_id");--> statement-breakpoint
CREATE INDEX "clips_expiry_idx" ON "clips" USING btree ("expires_at") WHERE expires_at is not null and status <> 'deleted';--> statement-breakpoint
CREATE INDEX "clips_storage_id_index" ON "clips" USING btree ("storage_id");--> statement-breakpoint
CREATE INDEX "media_segments_stream_id_starts_at_index" ON "media_segments" USING btree ("stream_id","starts_at");--> statement-breakpoint
CREATE INDEX "media_segments_recording_id_starts_at_index" ON "media_segments" USING btree ("recording_id","starts_at") WHERE recording_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "recordings_open_unique" ON "recordings" USING btree ("stream_id") WHERE status = 'recording';--> statement-breakpoint
CREATE INDEX "recordings_project_id_id_index" ON "recordings" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "recordings_stream_id_started_at_index" ON "recordings" USING btree ("stream_id","started_at");--> statement-breakpoint
CREATE INDEX "recordings_due_idx" ON "recordings" USING btree ("close_at") WHERE status = 'recording';--> statement-breakpoint
CREATE INDEX "recordings_unfinished_idx" ON "recordings" USING btree ("ended_at") WHERE ended_at is not null and status <> 'deleted' and finished_version is distinct from index_version;--> statement-breakpoint
CREATE INDEX "recordings_expiry_idx" ON "recordings" USING btree ("expires_at") WHERE expires_at is not null and status <> 'deleted';--> statement-breakpoint
CREATE INDEX "recordings_storage_id_index" ON "recordings" USING btree ("storage_id");--> statement-breakpoint
CREATE INDEX "takes_stream_id_id_index" ON "takes" USING btree ("stream_id","id");--> statement-breakpoint
CREATE INDEX "takes_open_idx" ON "takes" USING btree ("node_id") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "takes_storage_id_index" ON "takes" USING btree ("storage_id");--> statement-breakpoint
ALTER TABLE "playback_ids" ADD CONSTRAINT "playback_ids_recording_id_recordings_id_fk" FOREIGN KEY ("recording_id") REFERENCES "public"."recordings"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "playback_ids_recording_id_id_index" ON "playback_ids" USING btree ("recording_id","id");