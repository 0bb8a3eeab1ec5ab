/** Characters, and the state that they lead to; all others lead to `failed`. A byte is the character of its number. */
type Steps = Readonly<Record<string, string>>;

const blank = ' \t\n\r';
const digit = '0123456789';
const nonzero = '123456789';
const hexDigit = `${digit}abcdefABCDEF`;
const plain = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
  .filter((character) => character >= ' ' && character !== '"' && character !== '\\')
  .join('');

/** What is open innermost: nothing, an array, an object that waits for a name, one that waits for its value. */
const nests = ['nothing', 'array', 'name', 'member'] as const;
type Nest = (typeof nests)[number];

/** What may follow a value. */
const followers: Readonly<Record<Nest, Steps>> = {
  nothing: {},
  array: { ',': 'value', ']': 'closed' },
  name: { ':': 'colon' },
  member: { ',': 'comma', '}': 'closed' },
};

/** RFC 8259, as far as the text is an object: every state, and where it leads. */
function grammar(nest: Nest): Readonly<Record<string, Steps>> {
  const done = { [blank]: 'done', ...followers[nest] };
  const name = { [blank]: 'name', '"': 'string' };
  const firstName = { [blank]: 'firstName', '"': 'string', '}': 'closed' };
  const begin = { '"': 'string', '-': 'minus', '0': 'zero', [nonzero]: 'integer', t: 't', f: 'f', n: 'n' };
  const value = { [blank]: 'value', '{': 'object', '[': 'array', ...begin };
  const firstItem = { ...value, [blank]: 'firstItem', ']': 'closed' };
  return {
    failed: {},
    start: { [blank]: 'start', '{': 'object' },
    object: firstName,
    firstName,
    colon: value,
    value,
    comma: name,
    name,
    array: firstItem,
    firstItem,
    closed: done,
    done,
    string: { [plain]: 'string', '\\': 'escape', '"': 'done' },
    escape: { '"\\/bfnrt': 'string', u: 'unicode' },
    unicode: { [hexDigit]: 'unicode1' },
    unicode1: { [hexDigit]: 'unicode2' },
    unicode2: { [hexDigit]: 'unicode3' },
    unicode3: { [hexDigit]: 'string' },
    minus: { '0': 'zero', [nonzero]: 'integer' },
    zero: { ...done, '.': 'point', eE: 'exponent' },
    integer: { ...done, [digit]: 'integer', '.': 'point', eE: 'exponent' },
    point: { [digit]: 'fraction' },
    fraction: { ...done, [digit]: 'fraction', eE: 'exponent' },
    exponent: { '+-': 'sign', [digit]: 'power' },
    sign: { [digit]: 'power' },
    power: { ...done, [digit]: 'power' },
    t: { r: 'tr' },
    tr: { u: 'tru' },
    tru: { e: 'done' },
    f: { a: 'fa' },
    fa: { l: 'fal' },
    fal: { s: 'fals' },
    fals: { e: 'done' },
    n: { u: 'nu' },
    nu: { l: 'nul' },
    nul: { l: 'done' },
  };
}

/** States that open or close something, or change what the innermost object waits for. */
const turns: Readonly<Record<string, { by: number; to?: Nest }>> = {
  object: { by: 1, to: 'name' },
  array: { by: 1, to: 'array' },
  closed: { by: -1 },
  colon: { by: 0, to: 'member' },
  comma: { by: 0, to: 'name' },
};

const states = Object.keys(grammar('nothing'));
const [failed, start] = [states.indexOf('failed'), states.indexOf('start')];

/** [nest][state][byte] → state. What no step is written for stays 0, which is `failed`. */
const nextState = new Uint8Array(nests.length * states.length * 256);
for (const [nestNumber, nest] of nests.entries()) {
  for (const [stateNumber, steps] of Object.values(grammar(nest)).entries()) {
    for (const [characters, target] of Object.entries(steps)) {
      for (const character of characters) {
        const index = (nestNumber * states.length + stateNumber) * 256 + character.charCodeAt(0);
        nextState[index] = states.indexOf(target);
      }
    }
  }
}

/** [state] → how many levels deeper. */
const deeper = Int8Array.from(states, (state) => turns[state]?.by ?? 0);

/** [state][nest] → nest. */
const nextNest = Uint8Array.from(
  states.flatMap((state) => nests.map((nest) => nests.indexOf(turns[state]?.to ?? nest))),
);

/** Levels of nesting. WeChat needs three, and `JSON.stringify` fails at some thousands. */
const maxDepth = 100;

/**
 * Whether bytes are a JSON object with limited nesting. The time depends only on the number of bytes. `JSON.parse` stops at
 * the first error, and its time shows where that is: an attacker with many attempts could learn the content from it.
 *
 * Does not check that the bytes are UTF-8.
 */
export function isJsonObject(bytes: Uint8Array): boolean {
  const nest = new Uint8Array(bytes.length + 1);
  let depth = 0;
  let deepest = 0;
  let state = start;
  for (const byte of bytes) {
    state = nextState[(nest[depth]! * states.length + state) * 256 + byte]!;
    depth += deeper[state]!;
    deepest = Math.max(deepest, depth);
    nest[depth] = nextNest[state * nests.length + nest[depth]!]!;
  }
  return depth === 0 && deepest <= maxDepth && state !== start && state !== failed;
}
