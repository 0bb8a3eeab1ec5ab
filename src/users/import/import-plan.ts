import { newUuid } from '../../crypto/random.js';
import { type ImportLine, LineRefusedError } from './import-line.js';
import type { UserStatus } from '../user.entity.js';

/** What the database has about the users of some lines. */
export interface KnownPeople {
  /** Those of the lines, and all that the users of the lines have. */
  identities: (IdentityKey & { userId: string; unionid: string | null })[];
  owners: { unionid: string; userId: string }[];
  users: {
    id: string;
    status: UserStatus;
    externalId: string | null;
    nickname: string | null;
    hasPhone: boolean;
  }[];
}

interface IdentityKey {
  appid: string;
  openid: string;
}

/** What a user gets from the file. */
interface ImportedFields {
  externalId: string | null;
  nickname: string | null;
  /** E.164. */
  phone: string | null;
}

/** A user with the values to write: all of them for a new user, the empty ones for a known user. */
export interface UserChange extends ImportedFields {
  id: string;
  createdAt: Date | null;
}

interface PlannedUser {
  id: string;
  status: UserStatus;
  externalId: string | null;
  hasNickname: boolean;
  hasPhone: boolean;
}

/**
 * What to write for some lines of an import. Decided line by line, from the database and the lines before. Values that a
 * user has are kept; empty ones are filled in.
 */
export class ImportPlan {
  readonly newUsers: UserChange[] = [];
  readonly newUnionids: { unionid: string; userId: string }[] = [];
  readonly newIdentities: (IdentityKey & { id: string; userId: string; unionid: string | null })[] = [];
  /** Identities that we know, without their unionid so far. */
  readonly learnedUnionids: (IdentityKey & { userId: string; unionid: string })[] = [];
  /** Lines that change nothing. */
  unchanged = 0;

  readonly #users = new Map<string, PlannedUser>();
  readonly #identities = new Map<string, { userId: string; unionid: string | null }>();
  /** Of each user in each app. */
  readonly #openids = new Map<string, string[]>();
  readonly #owners = new Map<string, string>();
  readonly #externalIds = new Map<string, string>();
  readonly #changes = new Map<string, UserChange>();

  /** @param banned the lines of erased users whose ban is still in force */
  constructor(
    { identities, owners, users }: KnownPeople,
    private readonly banned: ReadonlySet<ImportLine>,
  ) {
    for (const { appid, openid, ...identity } of identities) this.know({ appid, openid }, identity);
    for (const { unionid, userId } of owners) this.#owners.set(unionid, userId);
    for (const { nickname, ...user } of users) {
      this.#users.set(user.id, { ...user, hasNickname: nickname !== null });
      if (user.externalId !== null) this.#externalIds.set(user.externalId, user.id);
    }
  }

  /** Known users that get a value. */
  get filledUsers(): UserChange[] {
    const created = new Set(this.newUsers);
    return [...this.#changes.values()].filter((change) => !created.has(change));
  }

  /** @throws {LineRefusedError} if the line contradicts what is known; then nothing is planned */
  add(line: ImportLine): void {
    const { appid, openid, unionid } = line;
    if (this.banned.has(line)) {
      throw new LineRefusedError('the user was disabled, then erased, and the ban is still in force');
    }
    const identity = this.#identities.get(`${appid} ${openid}`);
    const owner = unionid === null ? undefined : this.#owners.get(unionid);
    refuseOtherUnionid(identity, unionid, owner);

    const userId = identity?.userId ?? owner;
    const known = userId === undefined ? undefined : this.#users.get(userId)!;
    if (known !== undefined && known.status !== 'active') {
      if (identity === undefined) throw new LineRefusedError(`the user of this unionid is ${known.status}`);
      this.unchanged += 1;
      return;
    }
    const learns = unionid !== null && identity?.unionid !== unionid;
    if (known !== undefined && (identity === undefined || learns)) this.refuseOtherOpenid(line, known);
    this.refuseOtherExternalId(line.externalId, known);

    const user = known ?? this.create(line);
    const isFilled = this.fill(user, line);
    if (identity === undefined) {
      this.newIdentities.push({ id: newUuid(), appid, openid, userId: user.id, unionid });
      this.know({ appid, openid }, { userId: user.id, unionid });
    }
    if (unionid !== null) this.learn(line, unionid, user, identity, owner);
    if (identity !== undefined && !learns && !isFilled) this.unchanged += 1;
  }

  private know({ appid, openid }: IdentityKey, identity: { userId: string; unionid: string | null }): void {
    this.#identities.set(`${appid} ${openid}`, identity);
    const place = `${appid} ${identity.userId}`;
    this.#openids.set(place, [...(this.#openids.get(place) ?? []), openid]);
  }

  /** One person has one openid in each mini-program: a unionid that says otherwise is wrong. */
  private refuseOtherOpenid({ appid, openid }: IdentityKey, user: PlannedUser): void {
    const openids = this.#openids.get(`${appid} ${user.id}`) ?? [];
    if (openids.some((each) => each !== openid)) {
      throw new LineRefusedError('the user has another openid in this mini-program, where a person has one');
    }
  }

  private refuseOtherExternalId(externalId: string | null, user: PlannedUser | undefined): void {
    if (externalId === null) return;
    const holder = this.#externalIds.get(externalId);
    if (holder !== undefined && holder !== user?.id) {
      throw new LineRefusedError('externalId is that of another user');
    }
    if (user !== undefined && user.externalId !== null && user.externalId !== externalId) {
      throw new LineRefusedError('the user has another externalId');
    }
  }

  private create({ createdAt }: ImportLine): PlannedUser {
    const id = newUuid();
    const change = { id, createdAt, externalId: null, nickname: null, phone: null };
    const user: PlannedUser = { id, status: 'active', externalId: null, hasNickname: false, hasPhone: false };
    this.newUsers.push(change);
    this.#changes.set(id, change);
    this.#users.set(id, user);
    return user;
  }

  /** Fills in the empty values of the user; returns whether there were any. */
  private fill(user: PlannedUser, { externalId, nickname, phone }: ImportedFields): boolean {
    const importedFields: Partial<ImportedFields> = {
      ...(user.externalId === null && externalId !== null && { externalId }),
      ...(!user.hasNickname && nickname !== null && { nickname }),
      ...(!user.hasPhone && phone !== null && { phone }),
    };
    if (Object.keys(importedFields).length === 0) return false;
    const change = this.#changes.get(user.id) ?? {
      id: user.id,
      createdAt: null,
      externalId: null,
      nickname: null,
      phone: null,
    };
    this.#changes.set(user.id, Object.assign(change, importedFields));
    user.externalId ??= externalId;
    user.hasNickname ||= nickname !== null;
    user.hasPhone ||= phone !== null;
    if (user.externalId !== null) this.#externalIds.set(user.externalId, user.id);
    return true;
  }

  private learn(
    { appid, openid }: IdentityKey,
    unionid: string,
    user: PlannedUser,
    identity: { unionid: string | null } | undefined,
    owner: string | undefined,
  ): void {
    if (owner === undefined) {
      this.newUnionids.push({ unionid, userId: user.id });
      this.#owners.set(unionid, user.id);
    }
    if (identity?.unionid === null) this.learnedUnionids.push({ appid, openid, userId: user.id, unionid });
  }
}

function refuseOtherUnionid(
  identity: { userId: string; unionid: string | null } | undefined,
  unionid: string | null,
  owner: string | undefined,
): void {
  if (identity === undefined || unionid === null) return;
  if (identity.unionid !== null && identity.unionid !== unionid) {
    throw new LineRefusedError('the user has another unionid in this mini-program');
  }
  if (owner !== undefined && owner !== identity.userId) {
    throw new LineRefusedError('unionid is that of another user');
  }
}
