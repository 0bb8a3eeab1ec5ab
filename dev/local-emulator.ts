import { type AppInput, createEmulator, defaultApps, type Emulator } from '../emulator/src/index.js';
import type { Settings, WechatApp } from '../src/config/settings.js';
import type { Launch } from './launch.js';
import { LocalError } from './local.error.js';
import type { LocalSettings } from './local-settings.js';

/**
 * Starts the emulator. Where it stands in for WeChat it knows the apps that the service knows, beside its own, and pushes their
 * events to the service.
 */
export async function openEmulator(
  launch: Launch,
  { isWechatEmulated, emulatorPort: port, serviceUrl }: LocalSettings,
  { wechatApps }: Settings,
): Promise<Emulator> {
  const ownApps = isWechatEmulated ? wechatApps.map((app) => withPushUrl(app, serviceUrl)) : [];
  let emulator: Emulator;
  try {
    emulator = await createEmulator({ port, apps: [...defaultApps, ...ownApps] });
  } catch (error) {
    if (!(error instanceof Error) || 'code' in error) throw error;
    throw new LocalError(
      `The emulator cannot stand in for WeChat with these apps: ${error.message}. To ask WeChat itself, set WECHAT_BASE_URL=https://api.weixin.qq.com`,
      { cause: error },
    );
  }
  launch.add({ stop: () => emulator.close() });
  return emulator;
}

/** In secure mode: the service carries out no plain message. */
function withPushUrl(app: WechatApp, serviceUrl: string): AppInput {
  if (app.push === undefined) return { ...app, push: undefined };
  const url = `${serviceUrl}/wechat/push/${app.appid}`;
  return { ...app, push: { ...app.push, url, mode: 'secure' } };
}
