import { element } from './element.js';
import { gistOf, masked } from './mask.js';
import { say, type TextKey, write } from './texts.js';

export type Lifeline = 'page' | 'phone' | 'service' | 'wechat' | 'application';

/** A message between two lifelines. */
export interface Message {
  /** Milliseconds since 1970. */
  at: number;
  from: Lifeline;
  to: Lifeline;
  /** `POST /auth/login`, or `200`. Null if there was no answer. */
  name: string | null;
  carried: unknown;
  /** The time of what it tells, if that was earlier. */
  causedAt?: number;
  /** Set if this is an answer: the milliseconds it took. */
  answerAfter?: number;
  failed?: boolean;
  /** The phone, if there are several. */
  mark?: string;
}

/** More messages would be slow to draw, and nobody scrolls so far. */
const maxMessages = 160;

/** After a pause of so many milliseconds, a new group begins. */
const pauseMs = 3_000;

const names: Readonly<Record<Lifeline, TextKey>> = {
  page: 'webPage',
  phone: 'miniProgram',
  service: 'service',
  wechat: 'wechat',
  application: 'application',
};

/** The sequence diagram. It orders messages by their time, not by their arrival. */
export class Sequence {
  /** Milliseconds since 1970. Messages from before this time, or about it, are ignored, even if they arrive later. */
  #clearedAt = 0;

  /**
   * @param place the element that scrolls
   * @param announce reads a message out to users of screen readers
   */
  constructor(
    private readonly place: HTMLElement,
    private readonly list: HTMLElement,
    private readonly announce: (text: string) => void,
  ) {}

  add(message: Message): void {
    const { at, from, to, name, carried, causedAt = at } = message;
    if (causedAt < this.#clearedAt) return;
    // Its lifeline is only there if it has something to say.
    if (from === 'page') this.place.parentElement!.dataset['page'] = 'true';
    this.insert(at, message.answerAfter !== undefined && from === 'wechat', draw(message));
    const what = name ?? say('noAnswer');
    this.announce(`${say(names[from])} → ${say(names[to])}: ${what} ${gistOf(carried)}`);
  }

  /**
   * Draws a note: something that was done to a lifeline from outside.
   *
   * @param call the HTTP call that did it
   */
  note(at: number, on: Lifeline, key: TextKey, call?: string): void {
    const drawn = element(
      'li',
      { class: `note on-${on}` },
      timeOf(at),
      element(
        'span',
        { class: 'note-text' },
        write(element('span'), key),
        ...(call === undefined ? [] : [` · ${call}`]),
      ),
    );
    this.insert(at, false, drawn);
    this.announce(say(key));
  }

  clear(): void {
    this.#clearedAt = Date.now();
    this.list.replaceChildren();
    this.place.dataset['empty'] = 'true';
  }

  /** @param isInner comes before other messages with the same time */
  private insert(at: number, isInner: boolean, drawn: HTMLElement): void {
    const { list, place } = this;
    const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
    let before = list.lastElementChild;
    const isLater = (other: Element) =>
      atOf(other) > at || (isInner && atOf(other) === at && isAnswerToPhone(other));
    while (before && isLater(before)) before = before.previousElementSibling;
    drawn.dataset['at'] = String(at);
    if (before && at - atOf(before) > pauseMs) drawn.classList.add('after-pause');
    if (before) before.after(drawn);
    else list.prepend(drawn);
    while (list.childElementCount > maxMessages) list.firstElementChild!.remove();
    place.dataset['empty'] = 'false';
    if (isAtEnd) place.scrollTop = place.scrollHeight;
  }
}

function draw(message: Message): HTMLElement {
  const { at, from, to, name, carried, answerAfter, failed = false, mark } = message;
  const isAnswer = answerAfter !== undefined;
  const took = isAnswer ? `${answerAfter} ms` : '';
  const gist = gistOf(carried);
  const summary = element(
    'summary',
    {},
    timeOf(at),
    element(
      'span',
      { class: 'label' },
      element(
        'span',
        { class: 'name' },
        ...(mark === undefined ? [] : [element('span', { class: 'mark' }, mark)]),
        element('span', { class: 'visually-hidden' }, `${say(names[from])} → ${say(names[to])} `),
        name ?? write(element('span'), 'noAnswer'),
        ...(isAnswer ? [element('span', { class: 'took' }, took)] : []),
      ),
      ...(gist === '' ? [] : [element('span', { class: 'gist' }, gist)]),
    ),
    element('span', { class: 'line', 'aria-hidden': 'true' }),
  );
  const shown = masked(carried);
  const details = element(
    'dl',
    { class: 'fields' },
    write(element('dt'), 'when'),
    element('dd', {}, exactTime(at)),
    ...(isAnswer ? [write(element('dt'), 'took'), element('dd', {}, took)] : []),
    write(element('dt'), 'sent'),
    element(
      'dd',
      {},
      shown === null
        ? write(element('span'), 'nothing')
        : element('pre', {}, typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2)),
    ),
  );
  return element(
    'li',
    {
      class: `message from-${from} to-${to} ${isAnswer ? 'answer' : 'call'}`,
      ...(failed && { 'data-failed': 'true' }),
      'data-name': name ?? 'none',
    },
    element('details', {}, summary, details),
  );
}

function timeOf(at: number): HTMLElement {
  return element('time', { datetime: new Date(at).toISOString() }, exactTime(at).slice(0, -2));
}

function exactTime(at: number): string {
  return `${new Date(at).toLocaleTimeString('sv')}.${String(at % 1000).padStart(3, '0')}`;
}

function atOf(drawn: Element): number {
  return Number((drawn as HTMLElement).dataset['at']);
}

function isAnswerToPhone(drawn: Element): boolean {
  return drawn.matches('.answer.to-phone');
}
