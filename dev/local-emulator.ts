import { createEmulator, defaultApps, type Emulator } from '../emulator/src/index.js';
import type { Settings } from '../src/config/settings.js';
import type { Launch } from './launch.js';
import { LocalError } from './local.error.js';
import type { LocalSettings } from './local-settings.js';

/** Starts the emulator. Where it stands in for WeChat it knows the apps that the service knows, beside its own. */
export async function openEmulator(
  launch: Launch,
  { isWechatEmulated, emulatorPort: port }: LocalSettings,
  { wechatApps }: Settings,
): Promise<Emulator> {
  const ownApps = isWechatEmulated ? wechatApps : [];
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
