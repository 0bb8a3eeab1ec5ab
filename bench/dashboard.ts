import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { findFreePort } from '../dev/ports.js';
import { launchBrowser } from '../test/harness/browser.js';
import { hasPrometheus, Prometheus } from '../test/harness/prometheus.js';
import { runTrial } from './books/trial.js';
import { type Drawing, drawPanel, fillVariables, readPanels } from './report/dashboard-panels.js';

/*
 * Draws the dashboard of deploy/grafana with the data of a trial run, for the guide: docs/images/dashboard.png. Every query is
 * asked at a real Prometheus. `npm run docs:dashboard`; with `-- --minutes 1` for a try.
 */

const defaultMinutes = 8;
/** `$__rate_interval`. */
const rateSeconds = 30;
const stepSeconds = 2;
const picture = join(import.meta.dirname, '../docs/images/dashboard.png');
const page = join(import.meta.dirname, 'report/dashboard.html');
const alerts = join(import.meta.dirname, '../deploy/prometheus/alerts.yml');

const { values } = parseArgs({ options: { minutes: { type: 'string' } } });
const minutes = Number(values.minutes ?? defaultMinutes);
if (!(minutes > 0)) {
  console.error('--minutes must be a number above 0.');
  process.exit(1);
}
if (!hasPrometheus) {
  console.error('There is no Prometheus on the PATH. On Debian: apt-get install prometheus');
  process.exit(1);
}
const panels = readPanels();
const browser = await launchBrowser();
if (browser === undefined) process.exit(1);
// Postgres ends with this process, but only if it exits by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const metricsPorts = [await findFreePort(), await findFreePort()];
const targets = metricsPorts.map(
  (port, index) => `{ targets: ['127.0.0.1:${port}'], labels: { instance: 'node-${index + 1}' } }`,
);
const prometheus = await Prometheus.start(
  `- { job_name: weapp-auth, static_configs: [${targets.join(', ')}] }`,
  alerts,
  await findFreePort(),
);
let drawings: Drawing[] = [];
try {
  await runTrial({ minutes, metricsPorts, atEnd: async () => void (drawings = await queryPanels()) });
} finally {
  await prometheus.stop();
}
await savePicture();
await browser.close();

/** Asks what Grafana would ask for the time of the trial, without the beginning, for which there are no rates yet. */
async function queryPanels(): Promise<Drawing[]> {
  const to = Math.floor(Date.now() / 1_000);
  const count = Math.floor((minutes * 60 - rateSeconds) / stepSeconds);
  const from = to - count * stepSeconds;
  const times = Array.from({ length: count + 1 }, (_, index) => from + index * stepSeconds);
  return Promise.all(
    panels.map(async (panel) => {
      const answers = await Promise.all(
        panel.targets.map(({ expr }) =>
          prometheus.queryRange(fillVariables(expr, rateSeconds), from, to, stepSeconds),
        ),
      );
      return drawPanel(panel, answers, times);
    }),
  );
}

/** Draws in a browser with uPlot, which Grafana draws with, too. */
async function savePicture(): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  const tab = await browser!.newPage({ locale: 'en-US', timezoneId: 'Etc/UTC' });
  await tab.goto(pathToFileURL(page).href);
  await tab.addScriptTag({ path: resolve('uplot/dist/uPlot.iife.min.js') });
  await tab.addStyleTag({ path: resolve('uplot/dist/uPlot.min.css') });
  await tab.evaluate(`draw(${JSON.stringify(drawings)})`);
  const image = await tab.locator('body').screenshot();
  // With the colors that it has, it takes a third of the space.
  writeFileSync(picture, await sharp(image).png({ palette: true, effort: 10 }).toBuffer());
}
