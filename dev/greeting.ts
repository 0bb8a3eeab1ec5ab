import type { Settings } from '../src/config/settings.js';
import type { LocalDatabase } from './local-database.js';
import type { LocalSettings } from './local-settings.js';

/**
 * Where everything is, and how to log in.
 *
 * @param hasPlayground whether the service has the playground's page
 */
export function greeting(
  local: LocalSettings,
  { wechatApps, publicUrl, metricsHost, metricsPort }: Settings,
  database: LocalDatabase,
  { hasPlayground }: { hasPlayground: boolean },
): string {
  const { serviceUrl, emulatorUrl, isWechatEmulated } = local;
  const appid = wechatApps[0]?.appid ?? '';
  const login = isWechatEmulated
    ? ['Log in:', '', loginCommand(local, appid)]
    : ['Log in from a mini-program.'];
  return [
    '',
    ...(hasPlayground && isWechatEmulated ? [`Playground  ${serviceUrl}/ (watch a login)`] : []),
    `Service     ${serviceUrl}${publicUrl === serviceUrl ? '' : `, known to others as ${publicUrl}`}`,
    `Emulator    ${emulatorUrl} (${isWechatEmulated ? 'WeChat, offline' : 'not in use: WECHAT_BASE_URL names another WeChat'})`,
    `Postgres    ${database.description}`,
    ...(metricsPort === 0 ? [] : [`Metrics     http://${metricsHost}:${metricsPort}/metrics`]),
    '',
    ...login,
    '',
    'Ctrl-C stops all of it.',
    '',
  ].join('\n');
}

/** What a phone does: wx.login gives a code, the code goes to the service. Past any proxy: all of it is here. */
export function loginCommand({ emulatorUrl, serviceUrl }: LocalSettings, appid: string): string {
  const post = `curl -sS --noproxy '*' -H 'content-type: application/json'`;
  const withCode = `JSON.stringify({appid:"${appid}",code:JSON.parse(require("fs").readFileSync(0)).code})`;
  return [
    `${post} -d '{"appid":"${appid}","user":"alice"}' ${emulatorUrl}/__emulator__/wx/login`,
    `node -p '${withCode}'`,
    `${post} -d @- ${serviceUrl}/auth/login`,
  ].join(' | ');
}
