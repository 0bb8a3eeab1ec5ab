import { useBench } from './harness/bench.js';
import { measureWal, readTableSizes } from './harness/measure-storage.js';
import { describeRun } from './report/machine.js';
import { saveResults } from './report/results-file.js';
import { renderSizes, renderWal } from './report/storage-report.js';
import { post, type Scenario, series } from './scenarios/scenario.js';
import { sessionScenarios } from './scenarios/sessions.js';
import { openidOf, pickUser } from './world/users.js';
import { loginCode } from './world/wechat-stand-in.js';

/*
 * What a user and a session take on the disk, and how much WAL a request writes. The users come by their first logins.
 * `npm run build && npm run bench:storage`; with `-- 20000` for another number of users, and results.md stays as it is.
 */

const defaultUsers = 200_000;
const pace = { warmUpRequests: 0, rounds: 1, roundSeconds: 3 };
const notPinned = { server: undefined, description: 'all on all cores' };

/** As WeChat on a phone sends it. It is stored with each session. */
const userAgent =
  'Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/122.0.6261.120 Mobile Safari/537.36 XWEB/1220133 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x2800313D) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64 MiniProgramEnv/android';

const [given] = process.argv.slice(2).map(Number);
const users = given ?? defaultUsers;
if (!Number.isInteger(users) || users < 1) {
  console.error('The number of users is whole, and at least 1.');
  process.exit(1);
}

/** @param codes tells the codes of one scenario from those of another */
const login = (user: number, codes: number, serial: number) =>
  post(
    '/auth/login',
    { code: loginCode(openidOf(`phone ${user}`), codes + serial) },
    { 'user-agent': userAgent },
  );

const firstLogins: Scenario = {
  name: 'first',
  title: 'first login',
  isOneTime: true,
  makeRequests: (_, first, count) => series(first, count, (serial) => login(serial, 0, serial)),
};
const nextLogins: Scenario = {
  name: 'next',
  title: 'login of a known user',
  isOneTime: true,
  makeRequests: (_, first, count) =>
    series(first, count, (serial) => login(pickUser(serial, users), 1e9, serial)),
};
const refreshes = sessionScenarios.find(({ name }) => name === 'refresh')!;

await useBench({ pace, cores: notPinned }, async (bench) => {
  const machine = describeRun(bench);
  console.log(machine);
  const contender = bench.service('service', await bench.createWorld(1));
  const wal = [await measureWal(bench.measurement, firstLogins, contender, users)];
  const sizes = renderSizes(await readTableSizes(contender.world));
  console.log(`\n${sizes}`);
  wal.push(await measureWal(bench.measurement, nextLogins, contender, users));
  const filled = bench.service('filled', await bench.createWorld(users));
  wal.push(await measureWal(bench.measurement, refreshes, filled, users));
  const written = renderWal(wal);
  console.log(`\n${written}`);
  if (given !== undefined) return;
  await saveResults({ heading: 'Storage', text: [machine, sizes, written].join('\n\n') });
});
