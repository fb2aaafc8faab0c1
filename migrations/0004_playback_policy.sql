CREATE TABLE "playback_revocations" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"playback_id" text,
	"vid" text,
	"not_before" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"project_id" text NOT NULL,
	"name" text,
	"algorithm" text NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"private_jwk_sealed" text,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "playback_ids" ADD COLUMN "allowed_origins" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "streams" ADD COLUMN "playback_policy" text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE "vhosts" ADD COLUMN "playback_policy" text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE "playback_revocations" ADD CONSTRAINT "playback_revocations_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "playback_revocations" ADD CONSTRAINT "playback_revocations_playback_id_playback_ids_id_fk" FOREIGN KEY ("playback_id") REFERENCES "public"."playback_ids"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "playback_revocations_project_id_id_index" ON "playback_revocations" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "playback_revocations_expires_at_index" ON "playback_revocations" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "signing_keys_project_id_id_index" ON "signing_keys" USING btree ("project_id","id");