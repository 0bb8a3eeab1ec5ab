import { Phone } from '../phone/phone.js';
import { checkPushUrl, sendPush } from '../push/push-sender.js';
import { parseApp, requiredApp } from '../state/apps.js';
import {
  ControlError,
  optionalBoolean,
  optionalNumber,
  optionalText,
  refuseUnknownFields,
  requiredText,
  type ControlInput,
} from './control-input.js';
import { parseFault } from '../state/faults.js';
import type { HttpAnswer } from '../http-answer.js';
import { openidOf, unionidOf } from '../state/identifiers.js';
import { isJsonObject, parseJson } from '../json.js';
import { parseSettings } from '../state/settings.js';
import { parseUser, type User } from '../state/users.js';
import type { WechatState } from '../state/wechat-state.js';

/** The prefix of the control calls, which WeChat does not have. */
export const controlPrefix = '/__emulator__';

export interface ControlRequest {
  readonly method: string;
  /** Without the prefix. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The header, unchanged. */
  readonly contentType: string | undefined;
  readonly body: string;
}

/** The members of an event about a user. `revokeInfo` is sent as `RevokeInfo`. */
const wechatNames = [
  'ToUserName',
  'FromUserName',
  'CreateTime',
  'MsgType',
  'OpenID',
  'AppID',
  'RevokeInfo',
  'PluginID',
  'OpenPID',
  'UnionID',
];

type ControlCall = (wechat: WechatState, input: ControlInput) => object | Promise<object>;

const calls: ReadonlyMap<string, ControlCall> = new Map<string, ControlCall>([
  ['GET /apps', (wechat) => ({ items: wechat.apps.all().map((app) => wechat.apps.describe(app)) })],
  ['POST /apps', (wechat, input) => wechat.apps.describe(wechat.apps.save(parseApp(input)))],
  ['GET /users', (wechat) => ({ items: wechat.users.all().map((user) => describeUser(wechat, user)) })],
  ['POST /users', (wechat, input) => describeUser(wechat, wechat.users.save(parseUser(input)))],
  ['POST /wx/login', (wechat, input) => new Phone(wechat).login(...appAndUser(wechat, input))],
  ['POST /wx/checkSession', (wechat, input) => new Phone(wechat).checkSession(...appAndUser(wechat, input))],
  ['POST /wx/getUserInfo', getUserInfo],
  [
    'POST /wx/getUserProfile',
    (wechat, input) => new Phone(wechat).getUserProfile(...appAndUser(wechat, input)),
  ],
  ['POST /wx/getPhoneNumber', getPhoneNumber],
  ['POST /wx/getWeRunData', (wechat, input) => new Phone(wechat).getWeRunData(...appAndUser(wechat, input))],
  ['GET /wxacodes', (wechat) => ({ items: wechat.miniProgramCodes.all() })],
  ['POST /wx/scan', scanCode],
  ['POST /session-keys/rotate', rotateSessionKey],
  ['POST /access-tokens/expire', expireAccessTokens],
  ['POST /push', push],
  ['POST /push/check-url', (wechat, input) => checkPushUrl(wechat, requiredApp(wechat.apps, input))],
  ['GET /faults', (wechat) => ({ items: wechat.faults.all() })],
  ['POST /faults', addFault],
  ['DELETE /faults', removeFaults],
  ['GET /clock', (wechat) => ({ items: [describeClock(wechat)] })],
  ['POST /clock', advanceClock],
  ['GET /settings', (wechat) => ({ items: [wechat.settings] })],
  ['POST /settings', (wechat, input) => Object.assign(wechat.settings, parseSettings(input))],
  ['GET /requests', (wechat) => ({ items: wechat.requests.all() })],
  ['DELETE /requests', (wechat) => ({ deleted: wechat.requests.clear() })],
  ['POST /reset', reset],
]);

export async function answerControl(wechat: WechatState, request: ControlRequest): Promise<HttpAnswer> {
  try {
    const controlCall = findCall(request);
    return jsonAnswer(200, await controlCall(wechat, parseInput(request)));
  } catch (error) {
    if (error instanceof ControlError) return controlFailure(error);
    throw error;
  }
}

export function controlFailure({ status, message }: { status: number; message: string }): HttpAnswer {
  return jsonAnswer(status, { error: message });
}

function jsonAnswer(status: number, body: object): HttpAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

function findCall({ method, path }: ControlRequest): ControlCall {
  const call = calls.get(`${method} ${path}`);
  if (call) return call;
  const names = [...calls.keys()];
  const methods = names.filter((name) => name.endsWith(` ${path}`)).map((name) => name.split(' ')[0]);
  if (methods.length > 0) {
    throw new ControlError(`${controlPrefix}${path} takes ${methods.join(', ')}, not ${method}`, 405);
  }
  throw new ControlError(
    `no control call ${method} ${path}; under ${controlPrefix} there are: ${names.join(', ')}`,
    404,
  );
}

/** Only JSON is accepted: a web page needs a preflight to send it to another origin (CORS). */
function parseInput({ query, contentType, body }: ControlRequest): ControlInput {
  const isJson = /^application\/json\s*(;|$)/i.test(contentType ?? '');
  if (!isJson && (contentType !== undefined || body !== '')) {
    throw new ControlError('send JSON, with content-type: application/json', 415);
  }
  const fields = body === '' ? {} : parseJson(body);
  if (!isJsonObject(fields)) throw new ControlError('the body must be a JSON object');
  return { ...Object.fromEntries(query), ...fields };
}

function appAndUser(wechat: WechatState, input: ControlInput): [appid: string, user: string] {
  return [requiredApp(wechat.apps, input).appid, requiredText(input, 'user')];
}

function getUserInfo(wechat: WechatState, input: ControlInput): object {
  return new Phone(wechat).getUserInfo(
    ...appAndUser(wechat, input),
    optionalBoolean(input, 'withCredentials'),
  );
}

function getPhoneNumber(wechat: WechatState, input: ControlInput): object {
  return new Phone(wechat).getPhoneNumber(...appAndUser(wechat, input), optionalBoolean(input, 'deny'));
}

function scanCode(wechat: WechatState, input: ControlInput): object {
  const [appid, user] = appAndUser(wechat, input);
  const scene = requiredText(input, 'scene');
  const opened = new Phone(wechat).scan(appid, user, scene);
  if (opened) return opened;
  throw new ControlError(
    `no code of ${appid} has this scene; GET ${controlPrefix}/wxacodes lists the codes`,
    404,
  );
}

function rotateSessionKey(wechat: WechatState, input: ControlInput): object {
  const [appid, user] = appAndUser(wechat, input);
  wechat.users.getOrCreate(user);
  wechat.sessions.rotate(appid, user, wechat.clock.now());
  return { rotated: true };
}

function expireAccessTokens(wechat: WechatState, input: ControlInput): object {
  const { appid } = requiredApp(wechat.apps, input);
  const now = wechat.clock.now();
  return {
    expired: wechat.plainTokens.replaceAll(appid, now) + wechat.stableTokens.replaceAll(appid, now),
  };
}

/** All fields but the first three are members of the message. */
async function push(wechat: WechatState, input: ControlInput): Promise<object> {
  const { appid: _appid, user: _user, event: _event, ...others } = input;
  const given = Object.entries(others).map(([name, value]): [string, string | number] => {
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new ControlError(`${name} must be a text or a number`);
    }
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new ControlError(`${name} is no name of a member`);
    return [wechatNames.find((each) => each.toLowerCase() === name.toLowerCase()) ?? name, value];
  });
  return sendPush(wechat, requiredApp(wechat.apps, input), {
    user: requiredText(input, 'user'),
    event: requiredText(input, 'event'),
    given: Object.fromEntries(given),
  });
}

function addFault(wechat: WechatState, input: ControlInput): object {
  const fault = parseFault(input);
  wechat.faults.add(fault);
  return fault;
}

function removeFaults(wechat: WechatState, input: ControlInput): object {
  refuseUnknownFields(input, ['path']);
  return { deleted: wechat.faults.clear(optionalText(input, 'path')) };
}

function advanceClock(wechat: WechatState, input: ControlInput): object {
  const seconds = optionalNumber(input, 'advanceSeconds', 0, wechat.clock.secondsLeft());
  if (seconds === undefined) {
    throw new ControlError('advanceSeconds is missing: give the seconds by which to move the clock forward');
  }
  wechat.clock.advance(seconds);
  return describeClock(wechat);
}

function describeClock({ clock }: WechatState): object {
  return { now: new Date(clock.now()).toISOString(), offsetSeconds: clock.offsetSeconds() };
}

/** A user, with the ids in each app. */
function describeUser(wechat: WechatState, user: User): object {
  const apps = wechat.apps.all();
  const openPlatforms = apps.flatMap((app) => app.openPlatform ?? []);
  return {
    ...user,
    openids: Object.fromEntries(apps.map(({ appid }) => [appid, openidOf(appid, user.id)])),
    unionids: Object.fromEntries(openPlatforms.map((account) => [account, unionidOf(account, user.id)])),
  };
}

function reset(wechat: WechatState): object {
  wechat.reset();
  return { reset: true };
}
