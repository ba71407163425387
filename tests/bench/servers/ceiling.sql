-- The one table of the servers that the product is measured against, as durable as the product's.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 10000;
CREATE TABLE IF NOT EXISTS conversions (
  id integer primary key,
  date_time text not null,
  client_id text not null,
  target text not null,
  purchase_id text not null,
  price text,
  currency text,
  unique (date_time, target, client_id, purchase_id)
);
