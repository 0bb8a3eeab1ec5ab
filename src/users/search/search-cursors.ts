import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import type { UserFilter, UserSort } from './user-search.statements.js';
import { CursorInvalidError } from './search.errors.js';

/** What stays the same on all pages of a search, whatever their length. */
export interface SearchIdentity extends UserFilter {
  /** Id, openid, unionid, phone or external id; or a nickname's beginning, or three characters of it. */
  q?: string;
  sort: UserSort;
}

/** The end of a page: the place of the last user in the order, and the id. */
export interface SearchPosition {
  place: string;
  id: string;
}

/**
 * Cursors: base64url of a JSON array with the place, the id and a keyed hash of both and of the search. So a cursor
 * continues only its own search, and its content can be trusted.
 */
@Injectable()
export class SearchCursors {
  constructor(private readonly ring: KeyRing) {}

  writeCursor(search: SearchIdentity, { place, id }: SearchPosition): string {
    const mac = this.ring.hash('search-cursor', textOf(search), place, id).toString('base64url');
    return Buffer.from(JSON.stringify([place, id, mac])).toString('base64url');
  }

  /** @throws {CursorInvalidError} */
  readCursor(search: SearchIdentity, cursor: string): SearchPosition {
    const [place, id, mac] = decode(cursor);
    if (!this.ring.verifies(Buffer.from(mac, 'base64url'), 'search-cursor', textOf(search), place, id)) {
      throw new CursorInvalidError();
    }
    return { place, id };
  }
}

function textOf({ q, status, appid, hasPhone, createdFrom, createdTo, sort }: SearchIdentity): string {
  return JSON.stringify([q, status, appid, hasPhone, createdFrom, createdTo, sort]);
}

function decode(cursor: string): [place: string, id: string, mac: string] {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
      return parts as [string, string, string];
    }
  } catch {
    // Not JSON: refused like any other invalid cursor.
  }
  throw new CursorInvalidError();
}
