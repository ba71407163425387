CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`credential_id` integer NOT NULL,
	`yandex_id` text NOT NULL,
	`login` text NOT NULL,
	`name` text,
	`origin` text NOT NULL,
	`client_id` text,
	`device_id` text,
	`sealed_refresh_token` text,
	`scopes` text,
	`expires_at` integer,
	`refresh_at` integer,
	`refreshed_at` integer,
	`refresh_failures` integer DEFAULT 0 NOT NULL,
	`refresh_error` text,
	`warned_at` integer,
	`connected_at` integer NOT NULL,
	`disconnected_at` integer,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`credential_id`) REFERENCES `credentials`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_uuid_unique` ON `accounts` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_connected` ON `accounts` (`workspace_id`,`yandex_id`) WHERE disconnected_at is null;--> statement-breakpoint
CREATE INDEX `accounts_refresh` ON `accounts` (`refresh_at`) WHERE refresh_at is not null;--> statement-breakpoint
CREATE INDEX `accounts_of_credential` ON `accounts` (`credential_id`);--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` text,
	`actor_name` text,
	`target_kind` text NOT NULL,
	`target_id` text,
	`target_name` text,
	`address` text,
	`user_agent` text,
	`request_id` text,
	`before` text,
	`after` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_events_uuid_unique` ON `audit_events` (`uuid`);--> statement-breakpoint
CREATE INDEX `audit_events_time` ON `audit_events` (`workspace_id`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_action` ON `audit_events` (`workspace_id`,`action`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_actor` ON `audit_events` (`workspace_id`,`actor_id`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_actor_kind` ON `audit_events` (`workspace_id`,`actor_kind`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_target` ON `audit_events` (`workspace_id`,`target_id`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_target_kind` ON `audit_events` (`workspace_id`,`target_kind`,`at`,`id`);--> statement-breakpoint
CREATE TABLE `counters` (
	`workspace_id` integer NOT NULL,
	`counter_id` integer NOT NULL,
	`account_id` integer NOT NULL,
	`name` text NOT NULL,
	`site` text,
	`time_zone` text,
	`permission` text,
	`owner_login` text,
	`status` text,
	`error_code` text,
	`attached_at` integer NOT NULL,
	`refreshed_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `counter_id`),
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `counters_of_account` ON `counters` (`account_id`);--> statement-breakpoint
CREATE TABLE `invitations` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`workspace_id` integer NOT NULL,
	`email` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`invited_by` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`accepted_at` integer,
	`accepted_by` integer,
	`revoked_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`invited_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`accepted_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_uuid_unique` ON `invitations` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_hash_unique` ON `invitations` (`hash`);--> statement-breakpoint
CREATE INDEX `invitations_of_workspace` ON `invitations` (`workspace_id`,`id`);--> statement-breakpoint
CREATE TABLE `members` (
	`workspace_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `user_id`),
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `members_of_user` ON `members` (`user_id`);--> statement-breakpoint
CREATE TABLE `oauth_applications` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`client_id` text NOT NULL,
	`sealed_secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`checked_at` integer
);
--> statement-breakpoint
CREATE TABLE `oauth_states` (
	`hash` text PRIMARY KEY NOT NULL,
	`workspace_id` integer NOT NULL,
	`account_id` integer,
	`actor` text NOT NULL,
	`browser_hash` text,
	`uuid` text NOT NULL,
	`client_id` text NOT NULL,
	`sealed_verifier` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`return_to` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `oauth_states_expiry` ON `oauth_states` (`expires_at`);--> statement-breakpoint
CREATE TABLE `one_time_codes` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`kind` text NOT NULL,
	`user_id` integer,
	`hash` text NOT NULL,
	`sealed_code` text,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `one_time_codes_uuid_unique` ON `one_time_codes` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `one_time_codes_hash_unique` ON `one_time_codes` (`hash`);--> statement-breakpoint
CREATE INDEX `one_time_codes_open` ON `one_time_codes` (`kind`) WHERE used_at is null;--> statement-breakpoint
CREATE TABLE `passwords` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`session_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_of_session` ON `refresh_tokens` (`session_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`user_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`refreshed_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ended_at` integer,
	`user_agent` text,
	`address` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_uuid_unique` ON `sessions` (`uuid`);--> statement-breakpoint
CREATE INDEX `sessions_of_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`kid` text PRIMARY KEY NOT NULL,
	`public_jwk` text NOT NULL,
	`sealed_private_key` text NOT NULL,
	`created_at` integer NOT NULL,
	`retired_at` integer
);
--> statement-breakpoint
CREATE TABLE `throttles` (
	`key` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`window_started_at` integer NOT NULL,
	`blocked_until` integer
);
--> statement-breakpoint
CREATE INDEX `throttles_window` ON `throttles` (`window_started_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`email` text NOT NULL,
	`name` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`last_seen_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_uuid_unique` ON `users` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_of_issuer` ON `users` (`issuer`,`subject`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_local_email` ON `users` (`email`) WHERE issuer = 'local';--> statement-breakpoint
CREATE TRIGGER `audit_events_kept` BEFORE UPDATE ON `audit_events` BEGIN SELECT raise(abort, 'audit_events are only ever added'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_events_never_deleted` BEFORE DELETE ON `audit_events` BEGIN SELECT raise(abort, 'audit_events are only ever added'); END;
--> statement-breakpoint
-- `insert or replace` deletes without asking the trigger for it: https://www.sqlite.org/lang_conflict.html
CREATE TRIGGER `audit_events_never_replaced` BEFORE INSERT ON `audit_events` WHEN EXISTS (SELECT 1 FROM `audit_events` WHERE `id` = NEW.`id` OR `uuid` = NEW.`uuid`) BEGIN SELECT raise(abort, 'audit_events are only ever added'); END;
