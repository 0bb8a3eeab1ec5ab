import type { PhoneMessage, PhoneFault } from '../phone/messages.js';
import { forgetAllPhones } from '../phone/storage.js';
import type { LiveEvent, ServerFault, Setup } from '../server/live-events.js';
import { Announcer } from './announcer.js';
import { byId } from './element.js';
import { listen } from './live.js';
import { DatabaseCard } from './database-card.js';
import { Phone } from './phone.js';
import { Sequence } from './sequence.js';
import { Switches, type Fault } from './switches.js';
import { applyLanguage, say, switchLanguage, write } from './texts.js';
import { TokenCard } from './token-card.js';

/** A call that has not ended yet. */
interface OpenCall {
  at: number;
  name: string;
}

const phoneFaults: readonly PhoneFault[] = ['answer_lost', 'denied', 'slow', 'offline', 'token_expired'];

/** Faults of the server that happen at once and are over. */
const acts: readonly ServerFault[] = ['key_rotated', 'token_evicted', 'kicked'];

/** Notes for faults that somebody else causes, with the HTTP call. */
const notes: Partial<Record<ServerFault, { on: 'service' | 'wechat'; call?: string }>> = {
  kicked: { on: 'service', call: 'DELETE /admin/users/:id/sessions' },
  disabled: { on: 'service', call: 'PATCH /admin/users/:id' },
  key_rotated: { on: 'wechat' },
  token_evicted: { on: 'wechat' },
};

const announcer = new Announcer(byId('announcer'));
const sequence = new Sequence(byId('log'), byId('messages'), announcer.announce);
const tokenCard = new TokenCard(byId('token'));
const databaseCard = new DatabaseCard(byId('database'));
const switches = new Switches(byId('switches'), (fault, on) => void setFault(fault, on));
const openCalls = new Map<string, OpenCall>();

const phones: Phone[] = [];
let current: Phone | undefined;

applyLanguage();
const setup = (await (await fetch('/playground/setup')).json()) as Setup;
prepareTools(setup);
// The first phone comes when the page listens. Otherwise, its first login would not be seen.
const stream = listen(hearServer, showConnection);
stream.addEventListener('open', () => addPhone({ device: '1', mark: '1' }), { once: true });

function addPhone({
  device,
  mark,
  app = setup.app,
}: {
  device: string;
  mark: string;
  app?: Setup['app'];
}): void {
  const { user, serviceUrl } = setup;
  const phone = new Phone({ device, mark, app, user, serviceUrl }, hearPhone);
  phones.push(phone);
  byId('phones').append(phone.figure);
  // No scrolling to the first phone: readers begin at the top of the page.
  if (phones.length > 1) phone.figure.scrollIntoView({ block: 'nearest', inline: 'center' });
  choose(phone);
}

/** Removes the second phone. */
function removeSecond(): void {
  phones.pop()!.remove();
  choose(phones[0]!);
}

/** Selects the phone for the switches and the token card. */
function choose(phone: Phone): void {
  current = phone;
  document.body.dataset['phones'] = String(phones.length);
  for (const { figure } of phones) figure.dataset['current'] = String(figure === phone.figure);
  drawTarget();
  tokenCard.show(phone.stored);
  for (const fault of phoneFaults) switches.set(fault, phone.faults.has(fault));
}

function drawTarget(): void {
  byId('target').hidden = phones.length < 2;
  byId('target-buttons').replaceChildren(
    ...phones.map((phone) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${say('phone')} ${phone.mark}`;
      button.setAttribute('aria-pressed', String(phone === current));
      button.addEventListener('click', () => choose(phone));
      return button;
    }),
  );
}

function hearPhone(phone: Phone, message: PhoneMessage): void {
  const mark = phones.length > 1 ? phone.mark : undefined;
  switch (message.type) {
    case 'ready':
      phone.figure.dataset['ready'] = 'true';
      break;
    case 'call-started': {
      const { id, at, to, name, carried } = message;
      openCalls.set(`${phone.mark} ${id}`, { at, name });
      sequence.add({ at, from: 'phone', to, name, carried, mark });
      break;
    }
    case 'call-ended': {
      const { id, at, status, carried, failed } = message;
      const call = openCalls.get(`${phone.mark} ${id}`);
      if (!call) break;
      openCalls.delete(`${phone.mark} ${id}`);
      sequence.add({
        at,
        from: call.name.startsWith('wx.') ? 'wechat' : 'service',
        to: 'phone',
        name: status === undefined ? (failed ? null : call.name) : String(status),
        carried,
        answerAfter: at - call.at,
        failed: failed || (status ?? 200) >= 400,
        mark,
      });
      break;
    }
    case 'fault-over':
      phone.faults.delete(message.fault);
      if (phone === current) switches.set(message.fault, false);
      if (message.fault === 'denied') sequence.note(Date.now(), 'wechat', 'refused');
      break;
    case 'storage':
      phone.stored = message.entries;
      if (phone === current) tokenCard.show(phone.stored);
      break;
  }
}

function hearServer(event: LiveEvent): void {
  switch (event.type) {
    case 'wechat-call-started': {
      const { id, at, method, path, carried } = event;
      openCalls.set(`wechat ${id}`, { at, name: path });
      sequence.add({ at, from: 'service', to: 'wechat', name: `${method} ${path}`, carried });
      break;
    }
    case 'wechat-call-ended': {
      const { id, at, status, carried } = event;
      const call = openCalls.get(`wechat ${id}`);
      if (!call) break;
      openCalls.delete(`wechat ${id}`);
      const { errcode } = (carried ?? {}) as { errcode?: number };
      sequence.add({
        at,
        from: 'wechat',
        to: 'service',
        name: status === undefined ? null : String(status),
        carried: carried ?? null,
        answerAfter: at - call.at,
        failed: status === undefined || (errcode ?? 0) !== 0,
      });
      break;
    }
    case 'web-call-started': {
      const { id, at, method, path } = event;
      const name = `${method} ${path}`;
      openCalls.set(`web ${id}`, { at, name });
      sequence.add({ at, from: 'page', to: 'service', name, carried: null });
      break;
    }
    case 'web-call-ended': {
      const { id, at, status } = event;
      const call = openCalls.get(`web ${id}`);
      if (!call) break;
      openCalls.delete(`web ${id}`);
      sequence.add({
        at,
        from: 'service',
        to: 'page',
        name: status === undefined ? null : String(status),
        carried: null,
        answerAfter: at - call.at,
        failed: (status ?? 500) >= 400,
      });
      break;
    }
    case 'web-push':
      sequence.add({ at: event.at, from: 'service', to: 'page', name: event.name, carried: null });
      break;
    case 'webhook-message': {
      const { type: name, timestamp, data: carried } = event.message;
      const causedAt = Date.parse(timestamp);
      sequence.add({ at: event.at, causedAt, from: 'service', to: 'application', name, carried });
      break;
    }
    case 'users':
      databaseCard.show(event.users);
      switches.set(
        'disabled',
        event.users.some(({ user }) => user.status === 'disabled'),
      );
      break;
    case 'faults':
      for (const fault of ['code_used', 'wechat_busy', 'wechat_slow'] as const) {
        switches.set(fault, event.active.includes(fault));
      }
      break;
  }
}

async function setFault(fault: Fault, on: boolean): Promise<void> {
  if (!current) return;
  if (isPhoneFault(fault)) {
    current.setFault(fault, on);
    switches.set(fault, on);
    return;
  }
  const at = Date.now();
  switches.set(fault, on);
  const query = new URLSearchParams({ appid: current.app.appid, on: String(on) });
  const isDone = await post(`/playground/faults/${fault}?${query.toString()}`);
  if (acts.includes(fault)) switches.set(fault, false);
  else if (!isDone) switches.set(fault, !on);
  const note = notes[fault];
  if (!isDone) sequence.note(at, 'service', 'changeFailed');
  else if (note) sequence.note(at, note.on, fault === 'disabled' && !on ? 'enabled' : fault, note.call);
}

/** @returns whether it succeeded: the service may be down */
async function post(path: string): Promise<boolean> {
  return fetch(path, { method: 'POST' }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function isPhoneFault(fault: Fault): fault is PhoneFault {
  return phoneFaults.some((each) => each === fault);
}

function prepareTools({ otherApp, hasConsole }: Setup): void {
  byId('console').hidden = !hasConsole;
  byId('language').addEventListener('click', () => {
    switchLanguage();
    for (const phone of phones) phone.nameFrame();
    drawTarget();
    tokenCard.draw();
    databaseCard.draw();
  });
  byId('clear').addEventListener('click', clearSequence);
  byId('start-over').addEventListener('click', ({ currentTarget }) => {
    void startOver(currentTarget as HTMLButtonElement);
  });
  const secondPhone = byId('second-phone');
  const secondApp = byId('second-app') as HTMLButtonElement;
  secondPhone.addEventListener('click', () => toggleSecond(secondPhone, { device: '2', mark: '2' }));
  secondApp.addEventListener('click', () =>
    toggleSecond(secondApp, { device: '1', mark: '2', app: otherApp! }),
  );
  secondApp.disabled = otherApp === null;
  if (otherApp === null) write(byId('second-app-what'), 'noSecondApp');
}

function toggleSecond(button: HTMLElement, options: Parameters<typeof addPhone>[0]): void {
  const wasOn = button.getAttribute('aria-pressed') === 'true';
  for (const each of [byId('second-phone'), byId('second-app')]) each.setAttribute('aria-pressed', 'false');
  if (phones.length > 1) removeSecond();
  if (wasOn) return;
  addPhone(options);
  button.setAttribute('aria-pressed', 'true');
}

/** Erases the user and empties the phones. */
async function startOver(button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  write(button, 'startingOver');
  if (await post('/playground/start-over')) emptyPhones();
  else sequence.note(Date.now(), 'service', 'changeFailed');
  write(button, 'startOver');
  button.disabled = false;
}

function emptyPhones(): void {
  if (phones.length > 1) removeSecond();
  // Also the storage of phones that are not on the page now.
  forgetAllPhones();
  for (const phone of phones) phone.forget();
  for (const id of ['second-phone', 'second-app']) byId(id).setAttribute('aria-pressed', 'false');
  for (const fault of phoneFaults) switches.set(fault, false);
  clearSequence();
}

/** Calls in progress are forgotten, too: an answer without its request would be useless. */
function clearSequence(): void {
  openCalls.clear();
  sequence.clear();
}

function showConnection(isThere: boolean): void {
  byId('connection').hidden = isThere;
}
