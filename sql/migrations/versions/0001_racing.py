"""Meetings, races, entrants, pools and results: the racing day as it stands now."""

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = """
CREATE FUNCTION raceday_is_terminal(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status IN ('final', 'abandoned', 'cancelled');

CREATE TABLE bookmakers (
  bookmaker text PRIMARY KEY,
  name      text NOT NULL,
  is_tote   boolean NOT NULL DEFAULT false
);
INSERT INTO bookmakers VALUES ('tab_nz', 'TAB NZ', true);

CREATE TABLE courses (
  course_id text PRIMARY KEY,
  name      text NOT NULL,
  country   text NOT NULL,
  state     text,
  category  text NOT NULL CHECK (category IN ('T', 'H'))
);

CREATE TABLE meetings (
  meeting_id      text PRIMARY KEY,
  meeting_name    text NOT NULL,
  country         text NOT NULL,
  state           text,
  race_type       text NOT NULL CHECK (race_type IN ('thoroughbred', 'harness')),
  category        text NOT NULL CHECK (category IN ('T', 'H')),
  date            date NOT NULL,
  status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed')),
  track_condition text,
  weather         text,
  tote_status     text,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);
CREATE INDEX meetings_by_date ON meetings (date, meeting_name);

CREATE TABLE races (
  race_id           text PRIMARY KEY,
  meeting_id        text NOT NULL REFERENCES meetings ON DELETE CASCADE,
  racing_day        date NOT NULL,
  name              text NOT NULL,
  race_number       integer NOT NULL CHECK (race_number > 0),
  start_time        timestamptz NOT NULL,
  actual_start      timestamptz,
  status            text NOT NULL,
  distance          integer,
  track_condition   text,
  weather           text,
  track_direction   text,
  track_surface     text,
  rail_position     text,
  race_class        text,
  prize_cents       bigint,
  positions_paid    integer,
  market_percentage numeric(7,2),
  tracker_removed   jsonb NOT NULL DEFAULT '{}',
  result_status     text CHECK (result_status IN ('interim', 'final')),
  data_hash         text,
  last_polled_at    timestamptz,
  last_changed_at   timestamptz,
  closed_at         timestamptz,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX races_by_start ON races (start_time);
CREATE INDEX races_by_meeting ON races (meeting_id, race_number);
CREATE INDEX races_by_day ON races (racing_day, start_time);

CREATE TABLE entrants (
  race_id             text NOT NULL REFERENCES races ON DELETE CASCADE,
  entrant_id          text NOT NULL,
  name                text NOT NULL,
  runner_number       integer NOT NULL,
  barrier             integer,
  barrier_position    text,
  jockey              text,
  trainer_name        text,
  silk_colours        text,
  silk_url_64x64      text,
  silk_url_128x128    text,
  age                 integer,
  sex                 text,
  colour              text,
  weight_allocated    numeric(6,2),
  weight_total        numeric(6,2),
  last_twenty_starts  text,
  gear                text,
  horse_id            bigint,
  is_scratched        boolean NOT NULL DEFAULT false,
  is_late_scratched   boolean NOT NULL DEFAULT false,
  scratch_time        timestamptz,
  is_emergency        boolean NOT NULL DEFAULT false,
  emergency_position  text,
  favourite           boolean NOT NULL DEFAULT false,
  mover               boolean NOT NULL DEFAULT false,
  bookmaker           text NOT NULL DEFAULT 'tab_nz' REFERENCES bookmakers,
  fixed_win           numeric(10,2),
  fixed_place         numeric(10,2),
  pool_win            numeric(10,2),
  pool_place          numeric(10,2),
  win_odds            numeric(10,2) GENERATED ALWAYS AS (coalesce(fixed_win, pool_win)) STORED,
  place_odds          numeric(10,2) GENERATED ALWAYS AS (coalesce(fixed_place, pool_place)) STORED,
  hold_percentage     numeric(5,2),
  bet_percentage      numeric(5,2),
  win_pool_amount     bigint,
  place_pool_amount   bigint,
  tote_share          numeric(9,8),
  tote_win_amount     bigint,
  tote_source         text CHECK (tote_source IN ('odds', 'trends')),
  opening_price       numeric(10,2),
  closing_price       numeric(10,2),
  closing_missing     text,
  high_price          numeric(10,2),
  low_price           numeric(10,2),
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  PRIMARY KEY (race_id, entrant_id)
) WITH (fillfactor = 60);

CREATE TABLE race_pools (
  race_id              text PRIMARY KEY REFERENCES races ON DELETE CASCADE,
  win_pool_total       bigint,
  place_pool_total     bigint,
  quinella_pool_total  bigint,
  trifecta_pool_total  bigint,
  exacta_pool_total    bigint,
  first4_pool_total    bigint,
  total_race_pool      bigint,
  currency             text NOT NULL DEFAULT 'NZD',
  data_quality_score   integer NOT NULL,
  extracted_pools      integer NOT NULL,
  other_pools          jsonb NOT NULL DEFAULT '[]',
  last_updated         timestamptz NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE race_results (
  race_id           text NOT NULL REFERENCES races ON DELETE CASCADE,
  revision          integer NOT NULL,
  result_status     text CHECK (result_status IN ('interim', 'final')),
  results           jsonb NOT NULL DEFAULT '[]',
  dividends         jsonb NOT NULL DEFAULT '[]',
  photo_finish      boolean NOT NULL DEFAULT false,
  stewards_inquiry  boolean NOT NULL DEFAULT false,
  protest_lodged    boolean NOT NULL DEFAULT false,
  protest_text      text,
  recorded_at       timestamptz NOT NULL,
  PRIMARY KEY (race_id, revision)
);

CREATE TABLE jockey_silks (
  silk_colours text PRIMARY KEY,
  colours      jsonb NOT NULL,
  pattern      text NOT NULL,
  updated_at   timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(SCHEMA)
