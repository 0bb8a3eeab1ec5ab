import { isJsonObject, parseJson } from '../json.js';
import type { AppPush } from '../state/apps.js';

/** The members of a message, in WeChat's order. */
export type PushMembers = Readonly<Record<string, string | number>>;

/** The members of an encrypted reply. */
export interface EncryptedReply {
  encrypt: string;
  msgSignature: string;
  timestamp: string;
  nonce: string;
}

export const contentTypes = { json: 'application/json', xml: 'text/xml' } as const;

export function formatMessage(format: AppPush['format'], members: PushMembers): string {
  if (format === 'json') return JSON.stringify(members);
  const elements = Object.entries(members).map(([name, value]) => `<${name}>${xmlValue(value)}</${name}>`);
  return `<xml>${elements.join('')}</xml>`;
}

/** Reads an encrypted reply. Throws an error that says what is missing. */
export function readReply(format: AppPush['format'], text: string): EncryptedReply {
  const valueOf = format === 'json' ? jsonReader(text) : xmlReader(text);
  return {
    encrypt: valueOf('Encrypt', 'string'),
    msgSignature: valueOf('MsgSignature', 'string'),
    timestamp: valueOf('TimeStamp', 'number'),
    nonce: valueOf('Nonce', 'string'),
  };
}

type Reader = (name: string, type: 'string' | 'number') => string;

function jsonReader(text: string): Reader {
  const reply = parseJson(text);
  if (!isJsonObject(reply)) throw new Error('it is neither empty, nor success, nor a JSON object');
  return (name, type) => {
    const value = reply[name];
    if (typeof value !== type) throw new Error(`${name} must be a ${type}`);
    return String(value);
  };
}

function xmlReader(text: string): Reader {
  if (!/^\s*<xml>/.test(text)) throw new Error('it is neither empty, nor success, nor XML');
  return (name) => {
    const [, inCdata, plain] =
      new RegExp(`<${name}>(?:<!\\[CDATA\\[([^\\]]*)\\]\\]>|([^<]*))</${name}>`).exec(text) ?? [];
    const value = (inCdata ?? plain)?.trim();
    if (!value) throw new Error(`the element ${name} is missing`);
    return value;
  };
}

function xmlValue(value: string | number): string {
  return typeof value === 'number'
    ? String(value)
    : `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
