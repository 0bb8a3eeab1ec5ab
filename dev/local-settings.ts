import { join } from 'node:path';
import { type Environment, readVariables } from '../src/config/environment.js';
import { SettingsError } from '../src/config/settings.error.js';
import { defaultMetricsPort } from '../src/config/settings.js';
import { keptSecret } from './kept-secret.js';
import { findFreePort, isPortFree } from './ports.js';
import { defaultApps } from '../emulator/src/index.js';

/** What `npm start` and `npm run dev` run, and where. */
export interface LocalSettings {
  host: string;
  port: number;
  serviceUrl: string;
  emulatorPort: number;
  emulatorUrl: string;
  /** Whether the service takes the emulator for WeChat. */
  isWechatEmulated: boolean;
  dataDirectory: string;
  /** Unset: the embedded Postgres. */
  databaseUrl: string | undefined;
  /** For the service: what the developer set, and a value for what nobody set. Without DATABASE_URL. */
  environment: Environment;
}

/** @throws {SettingsError} naming what is wrong with the settings that only this launcher reads */
export async function readLocalSettings(environment: Environment): Promise<LocalSettings> {
  const { values, faults } = readVariables(environment, [
    'HOST',
    'PORT',
    'EMULATOR_PORT',
    'DATA_DIR',
    'DATABASE_URL',
    'WECHAT_APPS',
    'WECHAT_APPID',
    'WECHAT_SECRET',
    'WECHAT_BASE_URL',
    'ENCRYPTION_KEYS',
    'JWT_ISSUER',
    'PUBLIC_URL',
    'AVATAR_STORAGE',
    'API_DOCS',
    'CONSOLE',
    'METRICS_PORT',
  ]);
  const readPort = (name: string, otherwise: number): number => {
    const port = Number(values[name] ?? otherwise);
    if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
    faults.push({ name, fault: 'must be a whole number from 0 to 65535', example: String(otherwise) });
    return 0;
  };
  const chosenPort = readPort('PORT', 3000);
  const chosenEmulatorPort = readPort('EMULATOR_PORT', 3001);
  if (chosenPort !== 0 && chosenPort === chosenEmulatorPort) {
    faults.push({ name: 'EMULATOR_PORT', fault: 'must not be the same as PORT' });
  }
  if (values['HOST']?.startsWith('unix:')) {
    faults.push({
      name: 'HOST',
      fault: 'must be an address here: a browser reaches no Unix socket',
      example: '127.0.0.1',
    });
  }
  if (faults.length > 0) throw new SettingsError(faults);

  const host = values['HOST'] ?? '127.0.0.1';
  const port = chosenPort || (await findFreePort());
  const emulatorPort = chosenEmulatorPort || (await findFreePort());
  const serviceUrl = `http://${addressOf(host)}:${port}`;
  const emulatorUrl = `http://127.0.0.1:${emulatorPort}`;
  const dataDirectory = values['DATA_DIR'] ?? '.data';
  const hasMetricsPort = await isPortFree(defaultMetricsPort, '127.0.0.1');

  const defaults: Record<string, () => string> = {
    HOST: () => host,
    API_DOCS: () => 'true',
    CONSOLE: () => 'true',
    // Another one on this machine has its metrics there.
    METRICS_PORT: () => (hasMetricsPort ? String(defaultMetricsPort) : '0'),
    WECHAT_BASE_URL: () => emulatorUrl,
    // They seal what is in the database: keep both.
    ENCRYPTION_KEYS: () => keptSecret(join(dataDirectory, 'encryption-keys')),
    JWT_ISSUER: () => serviceUrl,
    PUBLIC_URL: () => serviceUrl,
    AVATAR_STORAGE: () => `file:${join(dataDirectory, 'avatars')}`,
  };
  const hasApps = ['WECHAT_APPS', 'WECHAT_APPID', 'WECHAT_SECRET'].some((name) => values[name] !== undefined);
  if (!hasApps) defaults['WECHAT_APPS'] = emulatedApps;
  const unset = Object.entries(defaults).filter(([name]) => values[name] === undefined);

  return {
    host,
    port,
    serviceUrl,
    emulatorPort,
    emulatorUrl,
    isWechatEmulated: isSameOrigin(values['WECHAT_BASE_URL'] ?? emulatorUrl, emulatorUrl),
    dataDirectory,
    databaseUrl: values['DATABASE_URL'],
    environment: {
      ...environment,
      ...Object.fromEntries(unset.map(([name, value]) => [name, value()])),
      ...withoutFile('PORT', String(port)),
    },
  };
}

/** A value for the service that stands, however it was given to us. */
export function withoutFile(name: string, value: string): Environment {
  return { [name]: value, [`${name}_FILE`]: undefined };
}

function emulatedApps(): string {
  return JSON.stringify(
    defaultApps.map(({ appid, secret, type, push: { token, encodingAesKey } }) => ({
      appid,
      secret,
      type,
      push: { token, encodingAesKey },
    })),
  );
}

/** An address that stands for all interfaces is none to connect to. */
function addressOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function isSameOrigin(url: string, other: string): boolean {
  return URL.canParse(url) && originOf(url) === originOf(other);
}

function originOf(url: string): string {
  return new URL(url).origin.replace('//localhost', '//127.0.0.1');
}
