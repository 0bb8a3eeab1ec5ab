import {
  ControlError,
  onlyGiven,
  optionalChoice,
  optionalText,
  patternedText,
  refuseUnknownFields,
  requiredText,
  type ControlInput,
} from '../control/control-input.js';
import { appidPattern, newAppid, newAppSecret } from './identifiers.js';
import { isJsonObject } from '../json.js';

const appTypes = ['miniprogram'] as const;
const pushModes = ['plain', 'compatible', 'secure'] as const;
const pushFormats = ['json', 'xml'] as const;

/** The address and format of this app's message pushes. */
export interface AppPush {
  url?: string;
  token: string;
  encodingAesKey: string;
  mode: (typeof pushModes)[number];
  format: (typeof pushFormats)[number];
}

export interface App {
  appid: string;
  secret: string;
  type: (typeof appTypes)[number];
  name?: string;
  /** Any name of the Open Platform account of the app. Without it, there is no unionid. */
  openPlatform?: string;
  /** Paths that the app may not call: WeChat answers 48001. */
  unauthorized?: readonly string[];
  /** The pages of the published version. Without it, there is every page; with an empty list, the app is not published. */
  pages?: readonly string[];
  push: AppPush;
}

/** An app as input. Missing fields get generated values. `openPlatform: null` unbinds an existing app. */
export type AppInput = Partial<Omit<App, 'push' | 'openPlatform'>> & {
  openPlatform?: string | null;
  push?: Partial<AppPush>;
};

const mask = '***';

const defaultPush: AppPush = {
  token: 'emulator',
  encodingAesKey: 'A'.repeat(43),
  mode: 'plain',
  format: 'json',
};

/** Two apps of one Open Platform account, and one without an account. */
export const defaultApps: readonly App[] = [
  defaultApp('wxe000000000000001', 'emulator'),
  defaultApp('wxe000000000000002', 'emulator'),
  defaultApp('wxe000000000000003'),
];

export class Apps {
  readonly #byAppid = new Map<string, App>();
  readonly #secretsMade = new Set<string>();

  constructor(inputs: readonly AppInput[]) {
    for (const input of inputs) this.save(input);
  }

  all(): App[] {
    return [...this.#byAppid.values()];
  }

  find(appid: string): App | undefined {
    return this.#byAppid.get(appid);
  }

  /** Adds an app, or changes the given fields of an existing one. */
  save({ openPlatform, push, ...given }: AppInput): App {
    const appid = given.appid ?? newAppid();
    const before = this.#byAppid.get(appid) ?? {
      secret: given.secret ?? this.makeSecret(),
      type: 'miniprogram',
      push: defaultPush,
    };
    const app: App = { ...before, ...given, appid, push: { ...before.push, ...push } };
    if (openPlatform === null) {
      delete app.openPlatform;
    } else if (openPlatform !== undefined) {
      app.openPlatform = openPlatform;
    }
    this.#byAppid.set(appid, app);
    return app;
  }

  /** The app without a secret that may be real: only secrets that the emulator made are shown. */
  describe(app: App): App {
    const { appid, secret, push } = app;
    const isMade = secret === defaultSecret(appid) || this.#secretsMade.has(secret);
    return {
      ...app,
      secret: isMade ? secret : mask,
      push: {
        ...push,
        token: push.token === defaultPush.token ? push.token : mask,
        encodingAesKey: push.encodingAesKey === defaultPush.encodingAesKey ? push.encodingAesKey : mask,
      },
    };
  }

  private makeSecret(): string {
    const secret = newAppSecret();
    this.#secretsMade.add(secret);
    return secret;
  }
}

/** Checks an app from JSON: of a control call, a file, or an untyped caller. */
export function parseApp(input: ControlInput): AppInput {
  refuseUnknownFields(input, [
    'appid',
    'secret',
    'type',
    'name',
    'openPlatform',
    'unauthorized',
    'pages',
    'push',
  ]);
  return onlyGiven({
    appid: patternedText(input, 'appid', appidPattern, 'wx and 16 lower-case hexadecimal digits'),
    secret: optionalText(input, 'secret'),
    type: optionalChoice(input, 'type', appTypes),
    name: optionalText(input, 'name'),
    openPlatform: input['openPlatform'] === null ? null : optionalText(input, 'openPlatform'),
    unauthorized: parsePaths(input['unauthorized']),
    pages: parsePages(input['pages']),
    push: parsePush(input['push']),
  });
}

/** Returns the app of a control call. */
export function requiredApp(apps: Apps, input: ControlInput): App {
  const appid = requiredText(input, 'appid');
  const app = apps.find(appid);
  if (!app) {
    const known = apps.all().map((each) => each.appid);
    throw new ControlError(
      `no app ${appid} here; there are: ${known.join(', ')} (POST /__emulator__/apps adds one)`,
      404,
    );
  }
  return app;
}

function parsePaths(paths: unknown): string[] | undefined {
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths) || !paths.every(isTokenPath)) {
    throw new ControlError('unauthorized must be a list of paths under /wxa/: ["/wxa/msg_sec_check"]');
  }
  return paths;
}

function parsePages(pages: unknown): string[] | undefined {
  if (pages === undefined) return undefined;
  const isPage = (page: unknown): page is string =>
    typeof page === 'string' && /^[^/?#\s][^?#\s]*$/.test(page);
  if (!Array.isArray(pages) || !pages.every(isPage)) {
    throw new ControlError('pages must be a list of pages as in app.json: ["pages/scan/scan"]');
  }
  return pages;
}

function isTokenPath(path: unknown): path is string {
  return typeof path === 'string' && /^\/wxa\/[\w/]+$/.test(path);
}

function parsePush(push: unknown): Partial<AppPush> | undefined {
  if (push === undefined) return undefined;
  if (!isJsonObject(push)) {
    throw new ControlError('push must be an object: {url, token, encodingAesKey, mode, format}');
  }
  refuseUnknownFields(push, ['url', 'token', 'encodingAesKey', 'mode', 'format']);
  return onlyGiven({
    url: patternedText(push, 'url', /^https?:\/\/\S+$/, 'an http or https address'),
    token: patternedText(push, 'token', /^[A-Za-z0-9]{3,32}$/, '3 to 32 letters and digits'),
    encodingAesKey: patternedText(push, 'encodingAesKey', /^[A-Za-z0-9]{43}$/, '43 letters and digits'),
    mode: optionalChoice(push, 'mode', pushModes),
    format: optionalChoice(push, 'format', pushFormats),
  });
}

function defaultApp(appid: string, openPlatform?: string): App {
  return {
    appid,
    secret: defaultSecret(appid),
    type: 'miniprogram',
    ...(openPlatform && { openPlatform }),
    push: defaultPush,
  };
}

function defaultSecret(appid: string): string {
  return appid.slice(-16).repeat(2);
}
