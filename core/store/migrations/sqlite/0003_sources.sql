CREATE TABLE `contact_sales` (
	`id` integer PRIMARY KEY NOT NULL,
	`key_hash` text NOT NULL,
	`source_id` integer NOT NULL,
	`workspace_id` integer NOT NULL,
	`counter_id` integer NOT NULL,
	`target` text NOT NULL,
	`date_time` integer NOT NULL,
	`price` text,
	`currency` text NOT NULL,
	`phone_md5` text,
	`email_md5` text,
	`received_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `contact_sales_key_hash_unique` ON `contact_sales` (`key_hash`);--> statement-breakpoint
CREATE INDEX `contact_sales_of_source` ON `contact_sales` (`source_id`,`id`);--> statement-breakpoint
CREATE INDEX `contact_sales_expiry` ON `contact_sales` (`expires_at`);--> statement-breakpoint
CREATE TABLE `raw_intake_batches` (
	`raw_intake_id` integer NOT NULL,
	`batch_id` integer NOT NULL,
	PRIMARY KEY(`raw_intake_id`, `batch_id`)
);
--> statement-breakpoint
CREATE TABLE `raw_intakes` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`source_id` integer NOT NULL,
	`state` text NOT NULL,
	`method` text NOT NULL,
	`bytes` integer NOT NULL,
	`sealed` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`replays` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`trying_since` integer,
	`next_attempt_at` integer,
	`claim` text,
	`lease_until` integer,
	`error_code` text,
	`error` text,
	`leftovers` text NOT NULL,
	`accepted` integer DEFAULT 0 NOT NULL,
	`duplicates` integer DEFAULT 0 NOT NULL,
	`rejected` integer DEFAULT 0 NOT NULL,
	`received_at` integer NOT NULL,
	`handled_at` integer,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `raw_intakes_uuid_unique` ON `raw_intakes` (`uuid`);--> statement-breakpoint
CREATE INDEX `raw_intakes_of_source` ON `raw_intakes` (`source_id`,`id`);--> statement-breakpoint
CREATE INDEX `raw_intakes_by_state` ON `raw_intakes` (`source_id`,`state`,`id`);--> statement-breakpoint
CREATE INDEX `raw_intakes_due` ON `raw_intakes` (`source_id`,`next_attempt_at`,`id`) WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX `raw_intakes_kept` ON `raw_intakes` (`source_id`,`id`) WHERE state = 'kept';--> statement-breakpoint
CREATE INDEX `raw_intakes_claimed` ON `raw_intakes` (`source_id`,`lease_until`) WHERE claim is not null;--> statement-breakpoint
CREATE INDEX `raw_intakes_expiry` ON `raw_intakes` (`expires_at`) WHERE sealed is not null;--> statement-breakpoint
CREATE INDEX `raw_intakes_gone` ON `raw_intakes` (`expires_at`) WHERE sealed is null;--> statement-breakpoint
CREATE TABLE `run_batches` (
	`run_id` integer NOT NULL,
	`batch_id` integer NOT NULL,
	PRIMARY KEY(`run_id`, `batch_id`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`source_id` integer NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`input` text NOT NULL,
	`due_at` integer NOT NULL,
	`next_attempt_at` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`claim` text,
	`lease_until` integer,
	`done` integer DEFAULT 0 NOT NULL,
	`total` integer,
	`accepted` integer DEFAULT 0 NOT NULL,
	`duplicates` integer DEFAULT 0 NOT NULL,
	`rejected` integer DEFAULT 0 NOT NULL,
	`error_code` text,
	`error` text,
	`leftovers` text NOT NULL,
	`report` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_uuid_unique` ON `runs` (`uuid`);--> statement-breakpoint
CREATE INDEX `runs_of_source` ON `runs` (`source_id`,`id`);--> statement-breakpoint
CREATE INDEX `runs_due` ON `runs` (`next_attempt_at`) WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX `runs_running` ON `runs` (`lease_until`) WHERE state = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX `runs_scheduled` ON `runs` (`source_id`,`due_at`) WHERE kind = 'schedule';--> statement-breakpoint
CREATE TABLE `source_counters` (
	`source_id` integer NOT NULL,
	`counter_id` integer NOT NULL,
	PRIMARY KEY(`source_id`, `counter_id`)
);
--> statement-breakpoint
CREATE TABLE `source_health` (
	`source_id` integer PRIMARY KEY NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`resting_until` integer,
	`error_code` text,
	`error` text,
	`failed_at` integer,
	`worked_at` integer
);
--> statement-breakpoint
CREATE TABLE `source_state` (
	`source_id` integer NOT NULL,
	`name` text NOT NULL,
	`sealed` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`source_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `unidentified_facts` (
	`key_hash` text PRIMARY KEY NOT NULL,
	`source_id` integer NOT NULL,
	`day` integer NOT NULL,
	`by_contact` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `unidentified_facts_expiry` ON `unidentified_facts` (`expires_at`);--> statement-breakpoint
CREATE TABLE `unidentified_sales` (
	`source_id` integer NOT NULL,
	`day` integer NOT NULL,
	`refused` integer DEFAULT 0 NOT NULL,
	`by_contact` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`source_id`, `day`)
);
--> statement-breakpoint
ALTER TABLE `batches` ADD `counter_id` integer;--> statement-breakpoint
ALTER TABLE `sources` ADD `sealed_config` text;--> statement-breakpoint
UPDATE sources SET options = json_set(options, '$.counters', json('[]'), '$.matchByContact', 'none');
