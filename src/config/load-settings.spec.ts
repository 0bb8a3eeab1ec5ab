import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventTypes } from './event-types.js';
import { loadSettings, settingNames } from './load-settings.js';
import { SettingsError } from './settings.error.js';

const key = Buffer.alloc(32, 1).toString('base64');
const otherKey = Buffer.alloc(32, 2).toString('base64');
const signing = `whsec_${'c'.repeat(32)}`;
const good = {
  DATABASE_URL: 'postgres://weapp:pass-word@db:5432/weapp',
  WECHAT_APPID: 'wx0123456789abcdef',
  WECHAT_SECRET: '0123456789abcdef0123456789abcdef',
  ENCRYPTION_KEYS: key,
  JWT_ISSUER: 'https://login.example.com',
};

function faultsOf(environment: Record<string, string | undefined>, options?: { allowEmulator: boolean }) {
  try {
    loadSettings(environment, options);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadSettings', () => {
  it('fills in the defaults', () => {
    expect(loadSettings(good)).toEqual({
      host: '0.0.0.0',
      port: 3000,
      metricsHost: '127.0.0.1',
      databaseUrl: good.DATABASE_URL,
      databasePoolSize: 10,
      databaseNamedStatements: true,
      wechatApps: [{ appid: good.WECHAT_APPID, secret: good.WECHAT_SECRET }],
      wechatBaseUrl: 'https://api.weixin.qq.com',
      wechatMaxConcurrency: 256,
      encryptionKeys: [key],
      jwtIssuer: 'https://login.example.com',
      jwtAudience: 'weapp',
      publicUrl: 'https://login.example.com',
      avatarStorage: 'file:.data/avatars',
      webhooks: [],
      accessTokenTtl: 900,
      refreshTokenTtl: 2_592_000,
      sessionMaxAge: 7_776_000,
      refreshGrace: 30,
      revocationMaxStaleness: 1,
      jwksMaxAge: 300,
      codeReplayWindow: 10,
      openDataMaxAge: 600,
      deletionGrace: 604_800,
      auditRetention: 15_552_000,
      maxSessionsPerUser: 50,
      rateLimitLogin: 60,
      trustProxy: [],
      corsOrigins: [],
      webClients: [],
      scanAppid: good.WECHAT_APPID,
      scanPage: 'pages/scan/scan',
      console: false,
      apiDocs: false,
      logLevel: 'info',
    });
  });

  it('takes every value that is set', () => {
    expect(
      loadSettings({
        ...good,
        HOST: '::1',
        PORT: '0',
        METRICS_PORT: '0',
        METRICS_HOST: '::1',
        PUBLIC_URL: 'http://192.168.0.2:3000/login',
        AVATAR_STORAGE: 's3://bucket/prefix',
        DATABASE_POOL_SIZE: '1',
        DATABASE_NAMED_STATEMENTS: 'false',
        WECHAT_BASE_URL: 'http://127.0.0.1:3001',
        ENCRYPTION_KEYS: `${otherKey}, ${key}`,
        ACCESS_TOKEN_TTL: '1',
        REFRESH_GRACE: '0',
        CODE_REPLAY_WINDOW: '0',
        RATE_LIMIT_LOGIN: '0',
        TRUST_PROXY: '10.0.0.0/8, ::1',
        CORS_ORIGINS: 'https://a.example, http://localhost:8080',
        API_DOCS: 'true',
        LOG_LEVEL: 'silent',
      }),
    ).toMatchObject({
      host: '::1',
      port: 0,
      metricsPort: 0,
      metricsHost: '::1',
      publicUrl: 'http://192.168.0.2:3000/login',
      avatarStorage: 's3://bucket/prefix',
      databasePoolSize: 1,
      databaseNamedStatements: false,
      wechatBaseUrl: 'http://127.0.0.1:3001',
      encryptionKeys: [otherKey, key],
      accessTokenTtl: 1,
      refreshGrace: 0,
      codeReplayWindow: 0,
      rateLimitLogin: 0,
      trustProxy: ['10.0.0.0/8', '::1'],
      corsOrigins: ['https://a.example', 'http://localhost:8080'],
      apiDocs: true,
      logLevel: 'silent',
    });
  });

  it('keeps the metrics off the public port', () => {
    expect(faultsOf({ ...good, PORT: '3000', METRICS_PORT: '3000' })).toMatchObject([
      { name: 'METRICS_PORT' },
    ]);
    expect(faultsOf({ ...good, PORT: '9464' }), 'the default').toMatchObject([{ name: 'METRICS_PORT' }]);
    expect(faultsOf({ ...good, PORT: '9464', METRICS_PORT: '0' })).toEqual([]);
    expect(faultsOf({ ...good, PORT: '9464', HOST: 'unix:/run/weapp-auth.sock' })).toEqual([]);
  });

  it('takes several apps', () => {
    const apps = [
      { appid: 'wx0000000000000001', secret: 'one', name: 'Tea' },
      {
        appid: 'wx0000000000000002',
        secret: 'two',
        push: { token: 'token', encodingAesKey: 'A'.repeat(43) },
      },
    ];
    const { WECHAT_APPID: _, WECHAT_SECRET: __, ...rest } = good;
    expect(loadSettings({ ...rest, WECHAT_APPS: JSON.stringify(apps) }).wechatApps).toEqual(apps);
  });

  it('takes webhooks with one secret or two, for all events or some', () => {
    const [secret, newer] = ['a', 'b'].map((letter) => `whsec_${letter.repeat(32)}`);
    const webhooks = [
      { url: 'https://app.example.com/hooks', secret },
      { url: 'http://127.0.0.1:4000/', secret: [newer, secret], events: ['user.merged'] },
    ];
    expect(loadSettings({ ...good, WEBHOOKS: JSON.stringify(webhooks) }).webhooks).toEqual([
      { url: 'https://app.example.com/hooks', secret: [secret], events: eventTypes },
      { url: 'http://127.0.0.1:4000/', secret: [newer, secret], events: ['user.merged'] },
    ]);
  });

  it.each([
    ['no JSON', '[{"secret":"whsec_very-secret', 'WEBHOOKS'],
    ['no array', '{}', 'WEBHOOKS'],
    ['an array of text', '["https://app.example.com"]', 'WEBHOOKS[0]'],
    ['nothing', '[null]', 'WEBHOOKS[0]'],
    ['plain http', `[{"url":"http://app.example.com","secret":"${signing}"}]`, 'WEBHOOKS[0].url'],
    ['a password', `[{"url":"https://a:b@app.example.com","secret":"${signing}"}]`, 'WEBHOOKS[0].url'],
    ['no secret', '[{"url":"https://app.example.com"}]', 'WEBHOOKS[0].secret'],
    ['a short secret', '[{"url":"https://app.example.com","secret":"whsec_YWJj"}]', 'WEBHOOKS[0].secret'],
    ['a plain secret', '[{"url":"https://app.example.com","secret":"very-secret"}]', 'WEBHOOKS[0].secret'],
    ['no secrets', '[{"url":"https://app.example.com","secret":[]}]', 'WEBHOOKS[0].secret'],
    [
      'an unknown event',
      `[{"url":"https://app.example.com","secret":"${signing}","events":["user.kicked"]}]`,
      'WEBHOOKS[0].events',
    ],
    [
      'no events',
      `[{"url":"https://app.example.com","secret":"${signing}","events":[]}]`,
      'WEBHOOKS[0].events',
    ],
    [
      'one url twice',
      `[{"url":"https://a.example.com","secret":"${signing}"},{"url":"https://a.example.com","secret":"${signing}"}]`,
      'WEBHOOKS',
    ],
  ])('refuses WEBHOOKS with %s', (_, value, name) => {
    const faults = faultsOf({ ...good, WEBHOOKS: value });
    expect(faults.map((fault) => fault.name)).toEqual([name]);
    expect(JSON.stringify(faults)).not.toMatch(/very-secret|YWJj|a:b@|whsec_c/);
  });

  it('takes an empty variable as absent', () => {
    expect(loadSettings({ ...good, PORT: '', WECHAT_APPS: '' }).port).toBe(3000);
    expect(faultsOf({ ...good, JWT_ISSUER: '' })).toMatchObject([{ name: 'JWT_ISSUER' }]);
  });

  it('names all that is missing at once', () => {
    expect(
      faultsOf({})
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['DATABASE_URL', 'ENCRYPTION_KEYS', 'JWT_ISSUER', 'WECHAT_APPID']);
  });

  it('names faults of apps beside all others', () => {
    const faults = faultsOf({ ...good, JWT_ISSUER: undefined, WECHAT_APPID: 'wxe000000000000001' });
    expect(faults.map(({ name }) => name).toSorted()).toEqual(['JWT_ISSUER', 'WECHAT_APPID']);
  });

  it.each([
    ['HOST', 'a b'],
    ['PORT', '65536'],
    ['METRICS_PORT', '65536'],
    ['METRICS_HOST', 'unix:/run/metrics.sock'],
    ['PORT', '-1'],
    ['PORT', 'eighty'],
    ['DATABASE_URL', 'mysql://db/weapp'],
    ['DATABASE_URL', 'nonsense'],
    ['DATABASE_URL', 'postgres://po%zz@db/weapp'],
    ['PORT', '0x10'],
    ['PORT', ' '],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_NAMED_STATEMENTS', 'yes'],
    ['WECHAT_APPID', 'gh_0123456789ab'],
    ['WECHAT_SECRET', 'with a blank'],
    ['WECHAT_BASE_URL', 'http://api.weixin.qq.com'],
    ['WECHAT_BASE_URL', 'http://127.0.0.1.example.com'],
    ['WECHAT_BASE_URL', 'https://user:word@wechat.example'],
    ['WECHAT_BASE_URL', 'https://wechat.example?query'],
    ['WECHAT_MAX_CONCURRENCY', '0'],
    ['ENCRYPTION_KEYS', 'c2hvcnQ='],
    ['ENCRYPTION_KEYS', `${key},${key}`],
    ['ENCRYPTION_KEYS', `${key},`],
    ['JWT_ISSUER', 'login.our-own.example'],
    ['PUBLIC_URL', '/avatars'],
    ['PUBLIC_URL', 'ftp://login.example.com'],
    ['PUBLIC_URL', 'https://login.example.com/?a=b'],
    ['PUBLIC_URL', 'https://user:word@login.example.com'],
    ['AVATAR_STORAGE', '.data/avatars'],
    ['AVATAR_STORAGE', 'file:'],
    ['AVATAR_STORAGE', 'gs://bucket/prefix'],
    ['ACCESS_TOKEN_TTL', '0'],
    ['ACCESS_TOKEN_TTL', '1.5'],
    ['ACCESS_TOKEN_TTL', '86401'],
    ['REFRESH_TOKEN_TTL', '1e99'],
    ['SESSION_MAX_AGE', ' '],
    ['RATE_LIMIT_LOGIN', '-1'],
    ['HOST', 'unix:weapp-auth.sock'],
    ['HOST', 'unix:/run/weapp-auth/'],
    ['HOST', `unix:/run/${'a'.repeat(99)}`],
    ['HOST', '/run/weapp-auth.sock'],
    ['TRUST_PROXY', 'unix:/run/nginx.sock'],
    ['TRUST_PROXY', 'proxy.example'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/8,'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['CORS_ORIGINS', 'a.example'],
    ['WEB_CLIENTS', 'shop'],
    ['WEB_CLIENTS', '{}'],
    ['SCAN_APPID', 'wx0000000000000009'],
    ['SCAN_PAGE', '/pages/scan/scan'],
    ['SCAN_PAGE', 'pages/scan/scan?from=web'],
    ['CONSOLE', 'on'],
    ['API_DOCS', 'on'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s=%s, by its name and without its value', (name, value) => {
    const faults = faultsOf({ ...good, [name]: value });
    expect(faults).toMatchObject([{ name, fault: expect.any(String), example: expect.any(String) }]);
    expect(new SettingsError(faults).message.split(/\s/)).not.toContain(value);
  });

  it.each<[string, string, string]>([
    ['no JSON', '[{"appid":"wx1","secret":"a-very-secret', 'WECHAT_APPS'],
    ['no array', '{"appid":"wx1"}', 'WECHAT_APPS'],
    ['an empty array', '[]', 'WECHAT_APPS'],
    ['an array of text', '["wx1"]', 'WECHAT_APPS[0]'],
    ['an app without a secret', '[{"appid":"wx1"}]', 'WECHAT_APPS[0].secret'],
    ['one appid twice', '[{"appid":"wx1","secret":"a"},{"appid":"wx1","secret":"b"}]', 'WECHAT_APPS'],
    ['an unknown type', '[{"appid":"wx1","secret":"a","type":"website"}]', 'WECHAT_APPS[0].type'],
    ['a name that cannot be seen', '[{"appid":"wx1","secret":"a","name":"\u200b"}]', 'WECHAT_APPS[0].name'],
    [
      'a name that changes the direction of text',
      '[{"appid":"wx1","secret":"a","name":"a\u202eb"}]',
      'WECHAT_APPS[0].name',
    ],
    [
      'push with a token that the console does not accept',
      `[{"appid":"wx1","secret":"a","push":{"token":"a-very-secret","encodingAesKey":"${'A'.repeat(43)}"}}]`,
      'WECHAT_APPS[0].push.token',
    ],
    [
      'push with an encodingAesKey that is too short',
      '[{"appid":"wx1","secret":"a","push":{"token":"token","encodingAesKey":"averysecret"}}]',
      'WECHAT_APPS[0].push.encodingAesKey',
    ],
    [
      'push without an encodingAesKey',
      '[{"appid":"wx1","secret":"a","push":{"token":"token"}}]',
      'WECHAT_APPS[0].push.encodingAesKey',
    ],
  ])('refuses WECHAT_APPS with %s', (_, value, name) => {
    const faults = faultsOf({
      ...good,
      WECHAT_APPID: undefined,
      WECHAT_SECRET: undefined,
      WECHAT_APPS: value,
    });
    expect(faults).toMatchObject([{ name }]);
    expect(new SettingsError(faults).message).not.toContain('a-very-secret');
  });

  it('takes web clients, and adds the console with the origin of the service', () => {
    const clients = [
      { id: 'shop', name: 'Shop', origins: ['https://shop.example.com'] },
      { id: 'reports', name: 'Reports', origins: [], secret: 'a-secret' },
    ];
    const { webClients } = loadSettings({
      ...good,
      PUBLIC_URL: 'https://example.com/login',
      WEB_CLIENTS: JSON.stringify(clients),
      CONSOLE: 'true',
    });
    expect(webClients).toEqual([
      ...clients,
      { id: 'console', name: 'weapp-auth console', origins: ['https://example.com'] },
    ]);
  });

  it.each<[string, string, string]>([
    ['no JSON', '[{"id":"shop","secret":"a-very-secret', 'WEB_CLIENTS'],
    ['an array of text', '["shop"]', 'WEB_CLIENTS[0]'],
    ['an id in upper case', '[{"id":"Shop","name":"Shop","origins":[]}]', 'WEB_CLIENTS[0].id'],
    ['an id of one letter', '[{"id":"s","name":"Shop","origins":[]}]', 'WEB_CLIENTS[0].id'],
    ['the id of the console', '[{"id":"console","name":"Shop","origins":[]}]', 'WEB_CLIENTS[0].id'],
    ['the id of the command line', '[{"id":"operator","name":"Shop","origins":[]}]', 'WEB_CLIENTS[0].id'],
    ['the id of a mini-program', `[{"id":"${good.WECHAT_APPID}","name":"Shop","origins":[]}]`, 'WEB_CLIENTS'],
    ['no name', '[{"id":"shop","origins":[]}]', 'WEB_CLIENTS[0].name'],
    ['a name in two lines', '[{"id":"shop","name":"a\\nb","origins":[]}]', 'WEB_CLIENTS[0].name'],
    ['no origins', '[{"id":"shop","name":"Shop"}]', 'WEB_CLIENTS[0].origins'],
    [
      'a path in an origin',
      '[{"id":"shop","name":"Shop","origins":["https://a.example/"]}]',
      'WEB_CLIENTS[0].origins',
    ],
    ['an empty secret', '[{"id":"shop","name":"Shop","origins":[],"secret":""}]', 'WEB_CLIENTS[0].secret'],
    [
      'one id twice',
      '[{"id":"shop","name":"A","origins":[]},{"id":"shop","name":"B","origins":[],"secret":"a-very-secret"}]',
      'WEB_CLIENTS',
    ],
  ])('refuses WEB_CLIENTS with %s', (_, value, name) => {
    const faults = faultsOf({ ...good, WEB_CLIENTS: value });
    expect(faults).toMatchObject([{ name }]);
    expect(new SettingsError(faults).message).not.toContain('a-very-secret');
  });

  it.each([
    'unix:/run/weapp-auth/weapp-auth.sock',
    'unix:///run/weapp-auth.sock',
    `unix:/run/${'a'.repeat(98)}`,
  ])('takes a Unix socket: HOST=%s', (host) => {
    expect(loadSettings({ ...good, HOST: host, TRUST_PROXY: 'unix:,10.0.0.1' })).toMatchObject({
      host,
      trustProxy: ['unix:', '10.0.0.1'],
    });
  });

  describe('sockets that systemd passes', () => {
    const passed = (count: string, pid = String(process.pid)) => ({
      ...good,
      LISTEN_PID: pid,
      LISTEN_FDS: count,
    });

    it('are one, the first file descriptor after those of any process', () => {
      expect(loadSettings(passed('1')).listenFd).toBe(3);
    });

    it.each(['2', '17'])('are refused if they are %s', (count) => {
      expect(faultsOf(passed(count))).toMatchObject([{ name: 'LISTEN_FDS' }]);
    });

    it.each([
      ['there is none', passed('0')],
      ['they are of another process', passed('2', '1')],
      ['nobody passes any', good],
    ])('do not matter if %s', (_, environment) => {
      expect(loadSettings(environment).listenFd).toBeUndefined();
    });
  });

  it('refuses one app and a list of apps together, and half of one app', () => {
    expect(faultsOf({ ...good, WECHAT_APPS: '[]' })).toMatchObject([{ name: 'WECHAT_APPS' }]);
    expect(faultsOf({ ...good, WECHAT_SECRET: undefined })).toMatchObject([{ name: 'WECHAT_SECRET' }]);
    expect(faultsOf({ ...good, WECHAT_APPID: undefined })).toMatchObject([{ name: 'WECHAT_APPID' }]);
  });

  it('accepts the emulator only where it is told to', () => {
    const environment = { ...good, WECHAT_APPID: 'wxe000000000000001' };
    expect(faultsOf(environment)).toMatchObject([{ name: 'WECHAT_APPID' }]);
    expect(faultsOf(environment, { allowEmulator: true })).toEqual([]);
  });

  describe('NAME_FILE', () => {
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'weapp-auth-settings-'));
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it.each([
      ['a last line end', 'from-a-file\r\n'],
      ['white space', ' \tfrom-a-file \n\n'],
      ['a byte order mark', '\uFEFFfrom-a-file\r\n'],
    ])('names a file that holds the value, around which %s does not count', (_, content) => {
      const file = join(directory, 'secret');
      writeFileSync(file, content);
      const { wechatApps } = loadSettings({ ...good, WECHAT_SECRET: undefined, WECHAT_SECRET_FILE: file });
      expect(wechatApps[0]!.secret).toBe('from-a-file');
    });

    it.each([
      ['UTF-16 with a byte order mark', Buffer.from('\uFEFFfrom-a-file', 'utf16le'), 'UTF-16'],
      ['UTF-16 without one', Buffer.from('from-a-file', 'utf16le'), 'UTF-16'],
      ['GBK', Buffer.from([0xb2, 0xe8]), 'GBK'],
    ])('is refused in words if the file is in %s', (_, content, words) => {
      const file = join(directory, 'secret');
      writeFileSync(file, content);
      expect(faultsOf({ ...good, JWT_AUDIENCE_FILE: file })).toMatchObject([
        { name: 'JWT_AUDIENCE_FILE', fault: expect.stringContaining(words) },
      ]);
    });

    it.each([
      { WECHAT_SECRET: undefined, WECHAT_SECRET_FILE: '/nowhere/secret' },
      { WECHAT_APPID: undefined, WECHAT_APPID_FILE: '/nowhere/appid' },
      { WECHAT_APPID: undefined, WECHAT_SECRET: undefined, WECHAT_APPS_FILE: '/nowhere/apps' },
      { DATABASE_URL: undefined, DATABASE_URL_FILE: '/nowhere/url' },
      { ENCRYPTION_KEYS: undefined, ENCRYPTION_KEYS_FILE: '/nowhere/keys' },
    ])('that cannot be read is the only fault: %o', (changes) => {
      const file = Object.keys(changes).find((name) => name.endsWith('_FILE'));
      expect(faultsOf({ ...good, ...changes }).map(({ name }) => name)).toEqual([file]);
    });

    it('counts as absent where the file is empty', () => {
      const file = join(directory, 'empty');
      writeFileSync(file, '\n');
      expect(loadSettings({ ...good, PORT_FILE: file }).port).toBe(3000);
    });

    it('is refused beside NAME, and where there is no such file', () => {
      const file = join(directory, 'missing');
      expect(faultsOf({ ...good, JWT_ISSUER_FILE: file })).toMatchObject([{ name: 'JWT_ISSUER' }]);
      expect(faultsOf({ ...good, JWT_ISSUER: undefined, JWT_ISSUER_FILE: file })).toMatchObject([
        { name: 'JWT_ISSUER_FILE', fault: expect.stringContaining('ENOENT') },
      ]);
    });
  });
});

describe('the variables of OpenTelemetry', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  it('are kept as they are, if one of them says where traces go', () => {
    const variables = { ...endpoint, OTEL_TRACES_SAMPLER: 'every_other' };
    expect(loadSettings({ ...good, ...variables }).tracing).toEqual(variables);
    const whole = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'of-another-program:4317' };
    expect(loadSettings({ ...good, ...whole }).tracing).toEqual(whole);
  });

  it.each([
    [{ OTEL_SERVICE_NAME: 'login' }],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
  ])('do not switch tracing on by %j', (variables) => {
    expect(loadSettings({ ...good, ...variables }).tracing).toBeUndefined();
  });

  it('do not switch it off by a value that OpenTelemetry does not know', () => {
    const variables = { ...endpoint, OTEL_SDK_DISABLED: 'yes', OTEL_TRACES_EXPORTER: 'zipkin' };
    expect(loadSettings({ ...good, ...variables }).tracing).toEqual(variables);
  });
});

describe('.env.example', () => {
  const lines = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8').split('\n');
  const values = Object.fromEntries(
    lines
      .map((line) => /^([A-Z_]+)=(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, value]) => [name, value]),
  );

  it('lists every setting', () => {
    expect(
      Object.keys(values)
        .filter((name) => !['EMULATOR_PORT', 'DATA_DIR'].includes(name))
        .toSorted(),
    ).toEqual([...settingNames].toSorted());
  });

  it('shows the defaults', () => {
    expect(loadSettings({ ...values, ...good })).toEqual(loadSettings(good));
  });
});
