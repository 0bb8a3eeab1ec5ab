import type { IdentityRow, UserRecord, SessionRow, UserRow } from '../server/live-events.js';
import { element } from './element.js';
import { say } from './texts.js';

/** Shows the user's row in `users`, with its identities and sessions. Values that have just changed are highlighted. */
export class DatabaseCard {
  #users: UserRecord[] = [];
  #before = new Map<string, string>();

  constructor(private readonly place: HTMLElement) {
    this.draw();
  }

  show(users: UserRecord[]): void {
    this.#users = users;
    this.draw(this.#before.size > 0);
  }

  /** @param showsChanges false after a change of the language, which changes every text */
  draw(showsChanges = false): void {
    const now = new Map<string, string>();
    const cell = (key: string, text: string, name: 'dd' | 'span' = 'dd'): HTMLElement => {
      now.set(key, text);
      const isNew = showsChanges && this.#before.get(key) !== text;
      return element(name, isNew ? { class: 'changed' } : {}, text);
    };
    const drawn = this.#users.map((record) =>
      element(
        'div',
        { class: 'user-record' },
        element('h3', {}, 'users'),
        element(
          'dl',
          { class: 'fields' },
          ...columnsOf(record.user).flatMap(([name, text]) => [
            element('dt', {}, name),
            cell(`${record.user.id} ${name}`, text),
          ]),
        ),
        element('h3', {}, 'identities'),
        element('ul', { class: 'rows' }, ...record.identities.map((row) => identity(row, cell))),
        element('h3', {}, 'sessions'),
        element('ul', { class: 'rows' }, ...record.sessions.map((row) => session(row, cell))),
      ),
    );
    this.place.replaceChildren(
      ...(drawn.length > 0 ? drawn : [element('p', { class: 'quiet' }, say('noUser'))]),
    );
    this.#before = now;
  }
}

type Cell = (key: string, text: string, name: 'span') => HTMLElement;

function columnsOf(user: UserRow): [name: string, text: string][] {
  const text = (value: string | null) => value ?? 'null';
  return [
    ['id', user.id],
    ['status', user.status],
    ['nickname', text(user.nickname)],
    ['avatar_key', user.has_avatar ? say('stored') : 'null'],
    ['phone_sealed', user.has_phone ? say('sealed') : 'null'],
    ['roles', `{${user.roles.join(',')}}`],
    ['token_version', String(user.token_version)],
    ['session_epoch', String(user.session_epoch)],
    ...(user.disabled_until ? [['disabled_until', time(user.disabled_until)] as [string, string]] : []),
    ...(user.erase_at ? [['erase_at', day(user.erase_at)] as [string, string]] : []),
    ['created_at', time(user.created_at)],
  ];
}

function identity({ appid, openid, unionid, session_keys: keys }: IdentityRow, cell: Cell): HTMLElement {
  return element(
    'li',
    {},
    element('span', { class: 'row-name' }, appid),
    element('span', {}, `openid ${openid}…`),
    element('span', {}, unionid === null ? 'unionid null' : `unionid ${unionid}…`),
    cell(`${appid} keys`, `session_keys ${keys.join(' ')}`, 'span'),
  );
}

function session(row: SessionRow, cell: Cell): HTMLElement {
  const state = row.is_live ? say('live') : [say('ended'), row.ended_reason].filter(Boolean).join(' · ');
  return element(
    'li',
    { 'data-live': String(row.is_live) },
    element('span', { class: 'row-name' }, `…${row.id.slice(-6)}`),
    cell(`${row.id} state`, state, 'span'),
    element('span', {}, deviceOf(row.user_agent)),
    element('span', {}, row.client_id),
    cell(`${row.id} generation`, `generation ${row.generation}`, 'span'),
  );
}

/** The first part in the parentheses of a user agent that names a device. */
function deviceOf(userAgent: string | null): string {
  const [, inside = ''] = /\(([^)]*)\)/.exec(userAgent ?? '') ?? [];
  const parts = inside.split(';').map((part) => part.trim());
  return (parts[0] === 'Linux' ? parts.at(-1) : parts[0]) || '–';
}

function time(isoTime: string): string {
  return new Date(isoTime).toLocaleTimeString('sv');
}

function day(isoTime: string): string {
  return new Date(isoTime).toLocaleString('sv').slice(0, 16);
}
