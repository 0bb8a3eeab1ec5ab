import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator } from '../../emulator/src/index.js';
import { cake, tea } from '../../test/harness/apps.js';
import { phonesOf } from '../harness/nodes.js';
import { phoneAddress } from '../world/users.js';
import type { Books } from './books.js';
import { Person } from './person.js';
import { isUnanswered, Phone } from './phone.js';

/** How much load there is. */
export interface LoadSize {
  phones: number;
  /** Milliseconds that a phone waits between two requests, on average. */
  thinkMs: number;
}

/** Milliseconds after which a lost request is repeated: `Retry-After` is a second. */
const repeatMs = 1_000;
/** Requests of a phone, after which a phone of somebody else takes its place. */
const requestsPerPhone = 40;
/** Of so many phones, one belongs to somebody who comes back: the others are new people. */
const comebackShare = 3;
/** Of so many new people, one opens two mini-programs at the same moment, on two nodes. */
const twinShare = 4;
/** Of so many requests of the admin, one is a kick. */
const kickShare = 5;
/** Somebody with more sessions does not come back: the service would end the oldest (`MAX_SESSIONS_PER_USER`). */
const maxSessions = 30;
/** Requests of the admin after which he logs in again: what he changes needs a login of the last 15 minutes. */
const adminRequestsPerLogin = 50;

/** What a signed-in phone does, and how often. */
const habits: [weight: number, habit: (phone: Phone) => Promise<unknown>][] = [
  [50, (phone) => phone.verify()],
  [18, (phone) => phone.refresh()],
  [15, (phone) => phone.login()],
  [10, (phone) => phone.openData()],
  [6, (phone) => phone.logout()],
];
const totalWeight = habits.reduce((sum, [weight]) => sum + weight, 0);
/** Of so many requests of a phone, one ends all sessions of its user. */
const logoutAllShare = 80;

/**
 * Phones that log in, refresh, ask, sign out; people that are recognised as one user only later; an admin. Each knows only what
 * the service has told it.
 */
export class MixedLoad {
  /** People who were two users at first. */
  merged = 0;
  #isStopped = false;
  #serial = 0;
  /** People who come back, and are looked for. */
  readonly #regulars: Person[] = [];
  readonly #loops: Promise<void>[];
  readonly #phoneOf;

  /** @param admin is signed in, and has the role */
  constructor(
    private readonly books: Books,
    private readonly emulator: Emulator,
    private readonly size: LoadSize,
    private readonly admin: Phone,
  ) {
    const emulated = phonesOf(emulator);
    this.#phoneOf = (person: Person, { appid }: { appid: string } = tea) =>
      new Phone(person, appid, books, emulated);
    this.#loops = [
      ...Array.from({ length: size.phones }, () => this.runPhones()),
      this.runMerges(),
      this.runAdmin(),
    ].map((loop) => loop.catch((error) => void books.wrongAnswers.push(`load: ${String(error)}`)));
  }

  /** Lets everybody end what they have begun, and repeat what was lost. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  /** One phone after the other. */
  private async runPhones(): Promise<void> {
    await this.think();
    while (!this.#isStopped) {
      const phone = this.#phoneOf(await this.chooseOwner());
      for (let request = 0; request < requestsPerPhone && !this.#isStopped; request += 1) {
        if (phone.person.isGivenUp) break;
        await phone.person.inTurn(() => act(phone));
        if (phone.isDue === undefined) await this.think();
        else await sleep(repeatMs);
      }
    }
  }

  private async chooseOwner(): Promise<Person> {
    const known = this.chooseRegular();
    if (known !== undefined && randomInt(comebackShare) === 0) return known;
    const person = this.addPerson('person');
    if (randomInt(twinShare) === 0) await this.openTwice(person);
    this.#regulars.push(person);
    return person;
  }

  /** The first logins of a person, in two mini-programs at once. */
  private async openTwice(person: Person): Promise<void> {
    const [one, other] = this.books.nodes;
    const phones = [this.#phoneOf(person, tea), this.#phoneOf(person, cake)] as const;
    await person.inTurn(() => Promise.all([phones[0].login(one), phones[1].login(other)]));
    for (const phone of phones) if (phone.session === undefined) await this.signIn(phone);
  }

  /** People without a unionid at first: each of their mini-programs makes a user, until WeChat tells the unionid. */
  private async runMerges(): Promise<void> {
    while (!this.#isStopped) {
      await this.think();
      const person = this.addPerson('late');
      const [first, second] = [this.#phoneOf(person, tea), this.#phoneOf(person, cake)];
      await this.tellUnionid(person, false);
      await this.signIn(first);
      await this.signIn(second);
      await this.tellUnionid(person, true);
      await this.signIn(first);
      // The next login finds the user of the first mini-program. Whether a lost one did is not known.
      const before = person.liveSessions;
      Person.doubt(before);
      await this.signIn(second);
      const { userId } = second.session!;
      const isEnded = (session: { userId: string }) => session.userId !== userId;
      this.books.addEnd(before.filter(isEnded));
      for (const session of before) if (!isEnded(session)) session.state = 'open';
      if (before.some(isEnded)) this.merged += 1;
      await first.verify();
    }
  }

  private async runAdmin(): Promise<void> {
    for (let request = 1; !this.#isStopped; request += 1) {
      await this.think();
      if (this.admin.isDue !== undefined || request % adminRequestsPerLogin === 0) await this.admin.login();
      else if (request % kickShare === 0) await this.kickSomebody();
      else await this.searchSomebody();
    }
  }

  private async searchSomebody(): Promise<void> {
    const userId = this.chooseRegular()?.sessions.at(-1)?.userId;
    if (userId === undefined) return;
    const reply = await this.admin.send('admin search', 'POST', '/admin/users/search', {
      accessToken: this.admin.session!.accessToken,
      body: { q: userId },
    });
    if (isUnanswered(reply)) return;
    const isFound = reply.body.items?.some(({ id }) => id === userId);
    if (isFound !== true) this.books.noteWrong('admin search', reply, 'a user who has logged in');
  }

  private async kickSomebody(): Promise<void> {
    const person = this.chooseRegular();
    await person?.inTurn(async () => {
      const sessions = person.liveSessions;
      const userId = sessions.at(-1)?.userId;
      if (userId === undefined) return;
      const reply = await this.admin.send('kick by an admin', 'DELETE', `/admin/users/${userId}/sessions`, {
        accessToken: this.admin.session!.accessToken,
      });
      if (reply.status === 204) this.books.addEnd(sessions);
      else if (isUnanswered(reply)) {
        Person.doubt(sessions);
        // A statement that the database has still to run may end sessions that are opened from now on.
        person.isGivenUp = true;
      } else this.books.noteWrong('kick by an admin', reply, '204');
    });
  }

  private chooseRegular(): Person | undefined {
    const person = this.#regulars[randomInt(Math.max(1, this.#regulars.length))];
    const isBusy = person === undefined || person.isGivenUp || person.sessions.length > maxSessions;
    return isBusy ? undefined : person;
  }

  /** Logs a phone in, however often it takes. */
  private async signIn(phone: Phone): Promise<void> {
    while (!(await phone.person.inTurn(() => phone.login()))) await sleep(repeatMs);
  }

  private addPerson(kind: string): Person {
    const serial = (this.#serial += 1);
    const person = new Person(`${kind}-${serial}`, phoneAddress(serial));
    this.books.persons.push(person);
    return person;
  }

  /** Whether WeChat tells the unionid of a person. */
  private async tellUnionid(person: Person, unionid: boolean): Promise<void> {
    await fetch(`${this.emulator.url}/__emulator__/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: person.name, unionid }),
    });
  }

  private think(): Promise<void> {
    return sleep(Math.random() * 2 * this.size.thinkMs);
  }
}

/** What a phone does next. */
async function act(phone: Phone): Promise<void> {
  if (phone.person.isGivenUp) return;
  if (phone.isDue === 'login') await phone.login();
  else if (phone.isDue === 'refresh') await phone.refresh();
  else if (randomInt(logoutAllShare) === 0) await phone.logoutAll();
  else await chooseHabit()(phone);
}

function chooseHabit() {
  let at = randomInt(totalWeight);
  return habits.find(([weight]) => (at -= weight) < 0)![1];
}
