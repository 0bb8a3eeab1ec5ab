import { openidOf } from '../emulator/src/state/identifiers.js';
import { userName } from '../playground/server/playground.js';
import type { Settings } from '../src/config/settings.js';
import type { LocalDatabase } from './local-database.js';
import type { LocalSettings } from './local-settings.js';

/**
 * Where everything is, how to log in, and how the first admin comes to be.
 *
 * @param hasPlayground whether the service has the playground's page
 */
export function greeting(
  local: LocalSettings,
  { wechatApps, publicUrl, metricsHost, metricsPort, console: hasConsole }: Settings,
  database: LocalDatabase,
  { hasPlayground }: { hasPlayground: boolean },
): string {
  const { serviceUrl, emulatorUrl, isWechatEmulated } = local;
  const appid = wechatApps[0]?.appid ?? '';
  const login = isWechatEmulated
    ? ['Log in:', '', loginCommand(local, appid)]
    : ['Log in from a mini-program.'];
  const hasPhone = hasPlayground && isWechatEmulated;
  const admin = hasPhone
    ? [
        '',
        'Make the user of the phone an admin, before or after the first login:',
        '',
        grantCommand(local, appid),
      ]
    : [];
  return [
    '',
    ...(hasPhone ? [`Playground  ${serviceUrl}/ (watch a login)`] : []),
    ...(hasConsole
      ? [
          `Console     ${serviceUrl}/console/ (${hasPhone ? 'scan its code with the phone of the playground' : 'for admins'})`,
        ]
      : []),
    `Service     ${serviceUrl}${publicUrl === serviceUrl ? '' : `, known to others as ${publicUrl}`}`,
    `Emulator    ${emulatorUrl} (${isWechatEmulated ? 'WeChat, offline' : 'not in use: WECHAT_BASE_URL names another WeChat'})`,
    `Postgres    ${database.description}`,
    ...(metricsPort === 0 ? [] : [`Metrics     http://${metricsHost}:${metricsPort}/metrics`]),
    '',
    ...login,
    ...admin,
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

/** Gives the user of the playground's phone the role admin, and waits if there is no such user yet. */
function grantCommand({ dataDirectory }: LocalSettings, appid: string): string {
  const directory = dataDirectory === '.data' ? '' : `DATA_DIR='${dataDirectory}' `;
  return `${directory}npm run admin:grant -- --wait --appid ${appid} --openid ${openidOf(appid, userName)}`;
}
