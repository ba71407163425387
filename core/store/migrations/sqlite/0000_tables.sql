CREATE TABLE `api_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`name` text NOT NULL,
	`prefix` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_uuid_unique` ON `api_keys` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_prefix_unique` ON `api_keys` (`prefix`);--> statement-breakpoint
CREATE TABLE `batch_set_aside` (
	`batch_id` integer NOT NULL,
	`target` text NOT NULL,
	`reason` text NOT NULL,
	`rows` integer NOT NULL,
	PRIMARY KEY(`batch_id`, `target`, `reason`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `batch_uploads` (
	`batch_id` integer NOT NULL,
	`upload_id` integer NOT NULL,
	`rows` integer NOT NULL,
	`duplicates` integer NOT NULL,
	`completed` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`batch_id`, `upload_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `batch_uploads_of_upload` ON `batch_uploads` (`upload_id`) WHERE rows > 0 or completed = 0;--> statement-breakpoint
CREATE TABLE `batches` (
	`id` integer PRIMARY KEY NOT NULL,
	`source_id` integer NOT NULL,
	`received` integer NOT NULL,
	`duplicates` integer NOT NULL,
	`rejected` integer NOT NULL,
	`sealed` integer NOT NULL,
	`warnings` text,
	`first_conversion_id` integer,
	`last_conversion_id` integer,
	`status_version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `batches_unsealed` ON `batches` (`id`) WHERE sealed = 0;--> statement-breakpoint
CREATE TABLE `conversion_revisions` (
	`conversion_id` integer NOT NULL,
	`revision` integer NOT NULL,
	`batch_id` integer NOT NULL,
	`row` integer NOT NULL,
	`price` text,
	`currency` text NOT NULL,
	`upload_id` integer,
	`outcome` text,
	`replaced_at` integer NOT NULL,
	PRIMARY KEY(`conversion_id`, `revision`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `conversion_revisions_of_batch` ON `conversion_revisions` (`batch_id`,`row`);--> statement-breakpoint
CREATE INDEX `conversion_revisions_of_upload` ON `conversion_revisions` (`upload_id`) WHERE upload_id is not null;--> statement-breakpoint
CREATE TABLE `conversions` (
	`id` integer PRIMARY KEY NOT NULL,
	`batch_id` integer NOT NULL,
	`row` integer NOT NULL,
	`source_id` integer NOT NULL,
	`workspace_id` integer NOT NULL,
	`counter_id` integer NOT NULL,
	`date_time` integer NOT NULL,
	`target` text NOT NULL,
	`client_id` text DEFAULT '' NOT NULL,
	`user_id` text DEFAULT '' NOT NULL,
	`yclid` text DEFAULT '' NOT NULL,
	`purchase_id` text DEFAULT '' NOT NULL,
	`price` text,
	`currency` text DEFAULT '' NOT NULL,
	`revision` integer DEFAULT 0 NOT NULL,
	`sent_time` integer,
	`upload_id` integer,
	`set_aside` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversions_natural_key` ON `conversions` (`date_time`,`counter_id`,`workspace_id`,`target`,`client_id`,`user_id`,`yclid`,`purchase_id`);--> statement-breakpoint
CREATE INDEX `conversions_of_upload` ON `conversions` (`upload_id`) WHERE upload_id is not null;--> statement-breakpoint
CREATE INDEX `conversions_set_aside` ON `conversions` (`set_aside`,`counter_id`) WHERE set_aside is not null;--> statement-breakpoint
CREATE INDEX `conversions_corrected` ON `conversions` (`batch_id`) WHERE revision > 0;--> statement-breakpoint
CREATE INDEX `conversions_moved` ON `conversions` (`sent_time`,`counter_id`) WHERE sent_time is not null;--> statement-breakpoint
CREATE TABLE `counter_goals` (
	`workspace_id` integer NOT NULL,
	`counter_id` integer NOT NULL,
	`identifiers` text NOT NULL,
	`fetched_at` integer,
	`attempted_at` integer NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`unreadable_since` integer,
	`error_code` text,
	PRIMARY KEY(`workspace_id`, `counter_id`)
);
--> statement-breakpoint
CREATE TABLE `credentials` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`sealed_token` text NOT NULL,
	`token_hash` text NOT NULL,
	`login` text,
	`paused_until` integer,
	`paused_reason` text,
	`pauses` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `credentials_uuid_unique` ON `credentials` (`uuid`);--> statement-breakpoint
CREATE TABLE `duplicates` (
	`batch_id` integer NOT NULL,
	`row` integer NOT NULL,
	`conversion_id` integer NOT NULL,
	`revision` integer NOT NULL,
	`upload_id` integer,
	PRIMARY KEY(`batch_id`, `row`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `duplicates_waiting` ON `duplicates` (`conversion_id`) WHERE upload_id is null;--> statement-breakpoint
CREATE TABLE `idempotency` (
	`source_id` integer NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`batch_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`source_id`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `installation` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`vault_check` text NOT NULL,
	`sealed_hashing_key` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `login_quota` (
	`login_key` text NOT NULL,
	`day` integer NOT NULL,
	`reads` integer DEFAULT 0 NOT NULL,
	`writes` integer DEFAULT 0 NOT NULL,
	`exhausted_at` integer,
	PRIMARY KEY(`login_key`, `day`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `rejected_rows` (
	`batch_id` integer NOT NULL,
	`row` integer NOT NULL,
	`code` text NOT NULL,
	`field` text NOT NULL,
	`sealed` text,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`batch_id`, `row`)
);
--> statement-breakpoint
CREATE INDEX `rejected_rows_expiry` ON `rejected_rows` (`expires_at`) WHERE sealed is not null;--> statement-breakpoint
CREATE TABLE `replays` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`filter` text NOT NULL,
	`state` text NOT NULL,
	`matched` integer NOT NULL,
	`replayed` integer DEFAULT 0 NOT NULL,
	`cursor` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `replays_uuid_unique` ON `replays` (`uuid`);--> statement-breakpoint
CREATE INDEX `replays_running` ON `replays` (`id`) WHERE state = 'running';--> statement-breakpoint
CREATE INDEX `replays_of_workspace` ON `replays` (`workspace_id`,`id`);--> statement-breakpoint
CREATE TABLE `source_batches` (
	`source_id` integer NOT NULL,
	`batch_id` integer NOT NULL,
	PRIMARY KEY(`source_id`, `batch_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `source_keys` (
	`key_hash` text PRIMARY KEY NOT NULL,
	`conversion_id` integer NOT NULL,
	`upload_id` integer,
	`expires_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `source_keys_expiry` ON `source_keys` (`expires_at`);--> statement-breakpoint
CREATE INDEX `source_keys_of_conversion` ON `source_keys` (`conversion_id`);--> statement-breakpoint
CREATE TABLE `sources` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`plugin` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`counter_id` integer NOT NULL,
	`credential_id` integer NOT NULL,
	`config` text NOT NULL,
	`options` text NOT NULL,
	`config_version` integer NOT NULL,
	`time_zone` text NOT NULL,
	`time_zone_from` text NOT NULL,
	`default_currency` text NOT NULL,
	`default_currency_from` text NOT NULL,
	`language` text NOT NULL,
	`secret_hash` text,
	`sealed_secret` text,
	`previous_secret_hash` text,
	`previous_sealed_secret` text,
	`previous_secret_expires_at` integer,
	`is_active` integer NOT NULL,
	`delivery_paused` integer DEFAULT false NOT NULL,
	`schedule` text,
	`next_run_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`credential_id`) REFERENCES `credentials`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sources_uuid_unique` ON `sources` (`uuid`);--> statement-breakpoint
CREATE INDEX `sources_of_workspace` ON `sources` (`workspace_id`,`id`);--> statement-breakpoint
CREATE TABLE `upload_attempts` (
	`id` integer PRIMARY KEY NOT NULL,
	`upload_id` integer NOT NULL,
	`kind` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer NOT NULL,
	`outcome` text NOT NULL,
	`code` text,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `upload_attempts_of_upload` ON `upload_attempts` (`upload_id`,`id`);--> statement-breakpoint
CREATE TABLE `upload_groups` (
	`upload_id` integer NOT NULL,
	`source_id` integer NOT NULL,
	`target` text NOT NULL,
	`identifier` text NOT NULL,
	`rows` integer NOT NULL,
	PRIMARY KEY(`upload_id`, `source_id`, `target`, `identifier`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `upload_groups_of_source` ON `upload_groups` (`source_id`,`upload_id`);--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`counter_id` integer NOT NULL,
	`credential_id` integer NOT NULL,
	`currency` text NOT NULL,
	`target` text,
	`identifier` text,
	`uncertain_policy` text DEFAULT 'resend' NOT NULL,
	`state` text NOT NULL,
	`rows` integer DEFAULT 0 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	`ripe_at` integer NOT NULL,
	`not_before` integer NOT NULL,
	`deadline` integer,
	`late_at` integer,
	`next_attempt_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`claim` text,
	`lease_until` integer,
	`request_ended_at` integer,
	`complete_lists` integer DEFAULT 0 NOT NULL,
	`metrika_upload_id` text,
	`metrika_status` text,
	`source_quantity` integer,
	`line_quantity` integer,
	`linked_quantity` integer,
	`goal_not_found_quantity` integer,
	`user_not_found_quantity` integer,
	`error_code` text,
	`error_text` text,
	`replay_of` integer,
	`created_at` integer NOT NULL,
	`sealed_at` integer,
	`sent_at` integer,
	`settled_at` integer,
	`updated_at` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `uploads_uuid_unique` ON `uploads` (`uuid`);--> statement-breakpoint
CREATE INDEX `uploads_due` ON `uploads` (`state`,`next_attempt_at`);--> statement-breakpoint
CREATE INDEX `uploads_of_counter` ON `uploads` (`counter_id`,`id`);--> statement-breakpoint
CREATE INDEX `uploads_filling` ON `uploads` (`counter_id`,`credential_id`,`currency`,`workspace_id`) WHERE state = 'filling';--> statement-breakpoint
CREATE INDEX `uploads_created` ON `uploads` (`created_at`);--> statement-breakpoint
CREATE INDEX `uploads_settled` ON `uploads` (`settled_at`) WHERE settled_at is not null;--> statement-breakpoint
CREATE INDEX `uploads_failed` ON `uploads` (`id`) WHERE state = 'failed';--> statement-breakpoint
CREATE INDEX `uploads_replays` ON `uploads` (`replay_of`) WHERE replay_of is not null;--> statement-breakpoint
CREATE TABLE `watermarks` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workspaces_uuid_unique` ON `workspaces` (`uuid`);