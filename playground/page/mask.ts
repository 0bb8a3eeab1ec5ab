/** Characters of a secret that are shown, so that one can see that two are the same. */
const shown = 4;

/** Names under which something stands that opens a door, or that is WeChat's own. */
const secretNames =
  /^(authorization|code|phonecode|js_?code|access_?token|refresh_?token|secret|session_?key|openid|unionid|encrypteddata|iv|signature|rawdata|cloudid|idempotency-key)$/i;

const phoneNames = /^(phone|phonenumber|purephonenumber)$/i;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const phoneNumber = /^\+?\d{8,15}$/;
/** What looks like a token by itself, whatever it is called. */
const opaque = /^[\w\-+/=.~]{24,}$/;

/** A copy to show: secrets cut short, phone numbers without their middle, whatever they are called. */
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

/** Problem documents have a `code`, too: words, where codes of WeChat's are none. */
function isErrorCode(name: string, text: string): boolean {
  return name === 'code' && /^[a-z]+(_[a-z]+)+$/.test(text);
}

function cut(text: string): string {
  return text.length <= shown ? '…' : `${text.slice(0, shown)}…`;
}

/** What was carried in a few words, for beside an arrow. */
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
