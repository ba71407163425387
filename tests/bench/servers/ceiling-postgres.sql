-- The one table of what the product is measured against on PostgreSQL.
CREATE TABLE conversions (
  id bigint generated always as identity primary key,
  date_time bigint not null,
  client_id text not null,
  target text not null,
  purchase_id text not null,
  price text,
  currency text,
  unique (date_time, target, client_id, purchase_id)
);
