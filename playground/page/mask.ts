/** So many characters of a secret are shown, so that equal secrets can be recognized. */
const shown = 4;

/** Names of fields whose value is a secret. */
const secretNames =
  /^(authorization|code|phonecode|js_?code|access_?token|refresh_?token|secret|session_?key|openid|unionid|encrypteddata|iv|signature|rawdata|cloudid|idempotency-key)$/i;

const phoneNames = /^(phone|phonenumber|purephonenumber)$/i;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const phoneNumber = /^\+?\d{8,15}$/;
/** A value that looks like a token, whatever its name is. */
const opaque = /^[\w\-+/=.~]{24,}$/;

/** Returns a copy that can be shown: secrets are shortened, and phone numbers lose their middle digits. */
export function masked(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (name: string, each: unknown) =>
    typeof each === 'string' ? maskedText(name, each) : each,
  );
}

function maskedText(name: string, text: string): string {
  if (text === '' || text.startsWith('***')) return text;
  if (secretNames.test(name) && !isErrorCode(name, text)) return cut(text.replace(/^Bearer /, ''));
  if (phoneNames.test(name) || phoneNumber.test(text)) return text.replace(/\d(?=\d{4})(?<=\d{4,})/g, '*');
  return opaque.test(text) && !uuid.test(text) ? cut(text) : text;
}

/** Problem documents have a `code`, too. Theirs is made of words; a code of WeChat is not. */
function isErrorCode(name: string, text: string): boolean {
  return name === 'code' && /^[a-z]+(_[a-z]+)+$/.test(text);
}

function cut(text: string): string {
  return text.length <= shown ? '…' : `${text.slice(0, shown)}…`;
}

/** Summarizes a body in a few words, for the label of an arrow. */
export function gistOf(carried: unknown): string {
  const value = masked(carried);
  if (typeof value === 'string') return value.slice(0, 40);
  if (typeof value !== 'object' || value === null) return '';
  const { errMsg, ...fields } = value as Record<string, unknown>;
  const { code, reason, status } = fields;
  if (typeof code === 'string' && typeof status === 'number') {
    return [code, reason].filter(Boolean).join(' · ');
  }
  const words = Object.entries(fields)
    .filter(([, each]) => each !== null)
    .map(word);
  if (words.length === 0 && typeof errMsg === 'string') return errMsg;
  return words.slice(0, 4).join(', ') + (words.length > 4 ? ' …' : '');
}

function word([name, value]: [string, unknown]): string {
  const isShort = (typeof value === 'string' && value.length <= 12) || typeof value === 'number';
  return isShort || typeof value === 'boolean' ? `${name} ${value}` : name;
}
