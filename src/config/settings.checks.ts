import { isIP } from 'node:net';
import { eventTypes } from './event-types.js';

/** A URL that is accepted. */
export function isUrl(value: unknown, accepts: (url: URL) => boolean): boolean {
  return typeof value === 'string' && URL.canParse(value) && accepts(new URL(value));
}

/** Paths can be appended to it, and secrets sent there. */
export function isBaseUrl(url: URL): boolean {
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return isSafe && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** Paths can be appended to it, and anyone may call it. */
export function isPublicUrl(url: URL): boolean {
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** Where a proxy is that takes CONNECT. */
export function isProxyUrl({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

/** Whether only this machine can be meant. */
export function isLoopback(url: URL): boolean {
  return (
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname)
  );
}

/** IP addresses and networks, and `unix:` for whoever connects to the Unix socket. */
export function isProxyList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item: string) => {
      if (item === 'unix:') return true;
      const [address = '', bits, ...rest] = item.split('/');
      const longest = { 4: 32, 6: 128 }[isIP(address)];
      if (longest === undefined || rest.length > 0) return false;
      return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
    })
  );
}

/** Origins as browsers send them. */
export function isOriginList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => isUrl(item, ({ origin }) => origin === item));
}

/** Different base64 keys of 32 bytes, at least one. */
export function isEncryptionKeys(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every(
      (key) =>
        typeof key === 'string' &&
        /^[A-Za-z0-9+/]{43}=$/.test(key) &&
        Buffer.from(key, 'base64').length === 32,
    )
  );
}

/** Secrets of Standard Webhooks: at least one, all different. */
export function areWebhookSecrets(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every((secret) => {
      const key = typeof secret === 'string' ? /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] : undefined;
      if (key === undefined || key.length % 4 !== 0) return false;
      const { length } = Buffer.from(key, 'base64');
      return length >= 24 && length <= 64;
    })
  );
}

/** Names of events, at least one. */
export function isEventList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((type) => (eventTypes as readonly unknown[]).includes(type))
  );
}

/** Whether Postgres takes it for the name of a schema without quotes. Names that begin with pg_ are its own. */
export function isSchemaName(value: unknown): boolean {
  return typeof value === 'string' && /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(value);
}
