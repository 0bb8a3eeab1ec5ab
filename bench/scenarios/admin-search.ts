import { SearchCursors } from '../../src/users/search/search-cursors.js';
import type { UserSort } from '../../src/users/search/user-search.statements.js';
import { createdAtOf, nicknameOf, openidOf, phoneOf, pickUser, unionidOf, userIdOf } from '../world/users.js';
import type { World } from '../world/world.js';
import { PhoneCipher } from '../../src/users/profile/phone-cipher.js';
import { bearer, post, type Scenario, series } from './scenario.js';

/**
 * The service runs two searches at once, and eight more may wait: those that the end of a round has interrupted are among
 * them for a while.
 */
const connections = 4;

/** Users on a page. */
export const pageSize = 20;

/** Users who have a phone number, and names that are searched for. */
const maxNamed = 10_000;

const sort: UserSort = '-createdAt';

interface SearchScenario {
  name: string;
  title: string;
  /** The search of an admin, by its serial. */
  search: (world: World, serial: number) => object;
  prepare?: (world: World) => Promise<void>;
}

function adminSearch({ name, title, search, prepare }: SearchScenario): Scenario {
  return {
    name: `admin-${name}`,
    title: `admin search, ${title}`,
    connections,
    prepare,
    makeRequests: (world) => {
      const admin = bearer(world.accessToken(0, ['admin']));
      return series(0, Math.min(maxNamed, world.users), (serial) =>
        post('/admin/users/search', { sort, limit: pageSize, ...search(world, serial) }, admin),
      );
    },
  };
}

const byName = (nameOf: (user: number) => string) => (world: World, serial: number) => ({
  q: nameOf(pickUser(serial, world.users)),
});

export const firstPage = adminSearch({ name: 'first-page', title: 'page 1', search: () => ({}) });

/** A page far from the beginning: the last one if there are fewer. */
export function latePage(number: number): Scenario {
  return adminSearch({
    name: 'late-page',
    title: `page ${number.toLocaleString('en-US')}`,
    search: (world) => ({ cursor: cursorOfPage(world, number) }),
  });
}

export const byPhone = adminSearch({
  name: 'by-phone',
  title: 'by phone',
  search: byName(phoneOf),
  prepare: savePhones,
});

export const byNickname = adminSearch({
  name: 'by-nickname',
  title: 'by nickname',
  search: byName(nicknameOf),
});

/** The other searches that have an index. */
export const otherSearches = [
  adminSearch({
    name: 'last-logins',
    title: 'by the last login',
    search: () => ({ sort: '-lastLoginAt' satisfies UserSort }),
  }),
  adminSearch({ name: 'disabled', title: 'disabled users', search: () => ({ status: 'disabled' }) }),
  adminSearch({ name: 'by-id', title: 'by id', search: byName(userIdOf) }),
  adminSearch({ name: 'by-openid', title: 'by openid', search: byName(openidOf) }),
  adminSearch({
    name: 'by-unionid',
    title: 'by unionid',
    search: byName((user) => unionidOf(openidOf(user))),
  }),
];

/** The users came a second after each other, in the order of their numbers: see fill-database.ts. */
function cursorOfPage({ ring, users }: World, number: number): string {
  const last = Math.max(users - (number - 1) * pageSize, pageSize);
  return new SearchCursors(ring).writeCursor({ sort }, { place: createdAtOf(last), id: userIdOf(last) });
}

/** Gives the users who are searched for a phone number. */
async function savePhones(world: World): Promise<void> {
  const { ring, users } = world;
  const cipher = new PhoneCipher(ring);
  const phones = series(0, Math.min(maxNamed, users), (serial) => {
    const user = pickUser(serial, users);
    return { id: userIdOf(user), ...cipher.encrypt(userIdOf(user), phoneOf(user)) };
  });
  await world.query(
    `UPDATE users SET phone_sealed = phones.sealed, phone_index = phones.index
     FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS phones (id, sealed, index)
     WHERE users.id = phones.id`,
    [
      phones.map(({ id }) => id),
      phones.map(({ phoneSealed }) => phoneSealed),
      phones.map(({ phoneIndex }) => phoneIndex),
    ],
  );
}
