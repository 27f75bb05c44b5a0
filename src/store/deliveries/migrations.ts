/** What differs between the two databases' words for the same thing. */
export interface SchemaWords {
  /** A key that grows with every row and is never given twice. */
  readonly growingKey: string;
  readonly bytes: string;
}

/**
 * Every change to the schema, in order: the version of a database is how many of them it has. Only ever append; what has been
 * released is never changed.
 */
export const migrations: readonly ((words: SchemaWords) => readonly string[])[] = [
  ({ growingKey, bytes }) => [
    `CREATE TABLE deliveries (
      sequence ${growingKey},
      project_id TEXT NOT NULL,
      receiver_id TEXT NOT NULL,
      receiver_name TEXT NOT NULL,
      receiver_key TEXT NOT NULL,
      driver TEXT NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      message TEXT NOT NULL,
      received_at BIGINT NOT NULL,
      ended_at BIGINT,
      duplicates BIGINT NOT NULL,
      superseded_by BIGINT,
      replay_of BIGINT,
      requested_by TEXT,
      events TEXT NOT NULL,
      config TEXT NOT NULL,
      skipped TEXT NOT NULL,
      headers TEXT NOT NULL,
      query TEXT NOT NULL,
      body ${bytes} NOT NULL,
      checksum BIGINT NOT NULL
    )`,
    'CREATE INDEX deliveries_by_project ON deliveries (project_id, sequence)',
    'CREATE INDEX deliveries_by_state ON deliveries (project_id, state, sequence)',
    'CREATE INDEX deliveries_by_receiver ON deliveries (project_id, receiver_id, sequence)',
    'CREATE INDEX deliveries_by_end ON deliveries (ended_at) WHERE ended_at IS NOT NULL',
    `CREATE INDEX deliveries_quiet ON deliveries (ended_at) WHERE state IN ('ignored', 'rejected')`,
    `CREATE INDEX deliveries_rejected ON deliveries (receiver_key, sequence) WHERE state = 'rejected'`,
    // By which a delivery is known when it comes again.
    `CREATE TABLE identities (
      receiver_key TEXT NOT NULL,
      identity TEXT NOT NULL,
      delivery BIGINT NOT NULL,
      accepted_at BIGINT NOT NULL,
      PRIMARY KEY (receiver_key, identity)
    )`,
    'CREATE INDEX identities_of_delivery ON identities (delivery)',
    // What is to be done: kind is plan, action or inline.
    `CREATE TABLE work (
      id ${growingKey},
      delivery BIGINT NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      message TEXT NOT NULL,
      lane TEXT NOT NULL,
      upstream TEXT NOT NULL,
      streams TEXT NOT NULL,
      pushed_at BIGINT,
      rank TEXT,
      target TEXT,
      planned TEXT,
      step TEXT NOT NULL,
      ready_at BIGINT NOT NULL,
      not_before BIGINT NOT NULL,
      attempts BIGINT NOT NULL,
      crashes BIGINT NOT NULL,
      cancelled_by TEXT,
      awaited_by TEXT,
      alike TEXT,
      checksum BIGINT NOT NULL,
      planned_from BIGINT NOT NULL,
      superseded_by BIGINT,
      created_at BIGINT NOT NULL,
      first_attempt_at BIGINT,
      ended_at BIGINT
    )`,
    'CREATE INDEX work_of_delivery ON work (delivery)',
    `CREATE INDEX work_waiting ON work (lane, id) WHERE state = 'waiting'`,
    `CREATE INDEX work_alike ON work (lane, alike) WHERE state = 'waiting' AND kind = 'plan'`,
    `CREATE INDEX work_inline ON work (ready_at) WHERE state = 'waiting' AND kind = 'inline'`,
    // Who works in a lane: fence is the attempt's id, and null while nobody does.
    `CREATE TABLE lanes (
      name TEXT PRIMARY KEY,
      upstream TEXT NOT NULL,
      ready_at BIGINT NOT NULL,
      suspect BIGINT NOT NULL,
      last_ended_at BIGINT NOT NULL,
      fence BIGINT,
      owner TEXT,
      lease_until BIGINT,
      work BIGINT
    )`,
    'CREATE INDEX lanes_ready ON lanes (upstream, ready_at) WHERE fence IS NULL',
    'CREATE INDEX lanes_leased ON lanes (owner, lease_until) WHERE fence IS NOT NULL',
    // The newest push that each stream of a target runs: an older one that comes late is not deployed over it.
    `CREATE TABLE applied (
      lane TEXT NOT NULL,
      stream TEXT NOT NULL,
      pushed_at BIGINT NOT NULL,
      delivery BIGINT NOT NULL,
      PRIMARY KEY (lane, stream)
    )`,
    `CREATE TABLE attempts (
      fence ${growingKey},
      work BIGINT NOT NULL,
      number BIGINT NOT NULL,
      started_at BIGINT NOT NULL,
      ended_at BIGINT,
      outcome TEXT,
      message TEXT NOT NULL
    )`,
    'CREATE INDEX attempts_of_work ON attempts (work)',
    `CREATE TABLE events (
      id ${growingKey},
      delivery BIGINT NOT NULL,
      project_id TEXT NOT NULL,
      work BIGINT,
      at BIGINT NOT NULL,
      type TEXT NOT NULL,
      state TEXT,
      message TEXT NOT NULL
    )`,
    'CREATE INDEX events_of_delivery ON events (delivery, id)',
    'CREATE INDEX events_of_project ON events (project_id, id)',
    `CREATE TABLE targets (
      id ${growingKey},
      project_id TEXT NOT NULL,
      name TEXT NOT NULL,
      UNIQUE (project_id, name)
    )`,
    `CREATE TABLE holds (
      target BIGINT NOT NULL,
      image TEXT NOT NULL,
      reason TEXT NOT NULL,
      held_by TEXT NOT NULL,
      held_at BIGINT NOT NULL,
      PRIMARY KEY (target, image)
    )`,
  ],
  // With what a list can be narrowed by, so that rows that do not fit are not read: a million of them took seconds.
  () => [
    'DROP INDEX deliveries_by_project',
    'CREATE INDEX deliveries_by_project ON deliveries (project_id, sequence, driver, received_at)',
    'DROP INDEX deliveries_by_receiver',
    'CREATE INDEX deliveries_by_receiver ON deliveries (project_id, receiver_id, sequence, driver, received_at)',
  ],
  // A hold that was released is remembered: what it was put for must not put it again.
  () => ['ALTER TABLE holds ADD COLUMN released_at BIGINT'],
  // What may be decided about paused work, and what was.
  () => ['awaits', 'decision', 'decided_by'].map((column) => `ALTER TABLE work ADD COLUMN ${column} TEXT`),
  // The numbers of a rollout, beside the text that tells them.
  () => ['ALTER TABLE events ADD COLUMN rollout TEXT'],
];
