import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/framework/deliveries/delivery-store.ts';
import type { migrations } from '../../src/store/deliveries/migrations.ts';
import { migrateDatabase } from '../../src/store/sqlite/migrate-database.ts';

describe('the migrations of an SQLite file', () => {
  const first: (typeof migrations)[number] = ({ growingKey, bytes }) => [
    `CREATE TABLE things (id ${growingKey}, content ${bytes})`,
  ];
  const second: (typeof migrations)[number] = () => ["ALTER TABLE things ADD COLUMN name TEXT NOT NULL DEFAULT 'none'"];
  const broken: (typeof migrations)[number] = () => [
    'ALTER TABLE things ADD COLUMN other TEXT',
    'INSERT INTO no_such_table VALUES (1)',
  ];

  let database: DatabaseSync;
  const version = (): unknown => database.prepare('PRAGMA user_version').get()?.['user_version'];
  const columns = (): unknown[] =>
    database
      .prepare('PRAGMA table_info(things)')
      .all()
      .map((row) => row['name']);

  beforeEach(() => {
    database = new DatabaseSync(':memory:');
  });

  afterEach(() => database.close());

  it('are applied once each, and keep what is there', () => {
    migrateDatabase(database, 'file', [first]);
    expect(version()).to.equal(1);
    database.exec("INSERT INTO things (content) VALUES (x'00')");
    migrateDatabase(database, 'file', [first, second]);
    migrateDatabase(database, 'file', [first, second]);
    expect(version()).to.equal(2);
    expect({ ...database.prepare('SELECT * FROM things').get() }).to.deep.equal({
      id: 1,
      content: new Uint8Array(1),
      name: 'none',
    });
  });

  it('are applied as a whole or not at all', () => {
    migrateDatabase(database, 'file', [first]);
    expect(() => migrateDatabase(database, 'file', [first, broken])).to.throw(StoreUnavailableError, /schema version 2 failed/);
    expect(version()).to.equal(1);
    expect(columns()).to.deep.equal(['id', 'content']);
    migrateDatabase(database, 'file', [first, second]);
    expect(version()).to.equal(2);
  });

  it('of a newer release are refused', () => {
    migrateDatabase(database, 'file', [first, second]);
    expect(() => migrateDatabase(database, 'file', [first])).to.throw(
      StoreUnavailableError,
      /file has schema version 2, .* up to 1: run/,
    );
  });

  it('never give a number twice, even of what was deleted', () => {
    migrateDatabase(database, 'file', [first]);
    database.exec("INSERT INTO things (content) VALUES (x'00')");
    database.exec('DELETE FROM things');
    database.exec("INSERT INTO things (content) VALUES (x'00')");
    expect(database.prepare('SELECT id FROM things').get()?.['id']).to.equal(2);
  });
});
