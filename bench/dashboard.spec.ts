import { describe, expect, it } from 'vitest';
import { drawPanel, readPanels } from './report/dashboard-panels.js';

const panel = {
  type: 'timeseries',
  title: 'Duration of logins',
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  fieldConfig: { defaults: { unit: 's', min: 0 }, overrides: [] },
  options: { legend: { displayMode: 'list', placement: 'bottom' } },
  targets: [{ expr: 'up', legendFormat: '{{method}} {{route}}' }],
};

function read(...panels: object[]) {
  return readPanels(JSON.stringify({ panels }));
}

/** The picture of one series with these values, a second apart. */
function draw(unit: string, values: string[]) {
  const fieldConfig = { ...panel.fieldConfig, defaults: { unit, min: 0 } };
  const series = { metric: { method: 'GET', route: '/me' }, values: values.map((value, at) => [at, value]) };
  return drawPanel(
    read({ ...panel, fieldConfig })[0]!,
    [[series as never]],
    values.map((_, at) => at),
  );
}

describe('npm run docs:dashboard', () => {
  it('can draw every panel of the dashboard', () => {
    expect(readPanels().filter(({ type }) => type === 'timeseries').length).toBeGreaterThan(15);
  });

  it.each([
    ['a type', { type: 'stat' }],
    ['a unit', { fieldConfig: { ...panel.fieldConfig, defaults: { unit: 'percent', min: 0 } } }],
    ['an override', { fieldConfig: { ...panel.fieldConfig, overrides: [{}] } }],
    ['a place of the legend', { options: { legend: { displayMode: 'list', placement: 'top' } } }],
  ])('refuses %s that it would draw differently from Grafana, and names the panel', (_what, change) => {
    expect(() => read({ ...panel, ...change })).toThrow('"Duration of logins"');
  });

  it.each([
    ['s', '0.25', ['0 ms', '50 ms', '100 ms', '150 ms', '200 ms', '250 ms']],
    ['s', '90', ['0 min', '0.5 min', '1 min', '1.5 min']],
    ['bytes', String(160 * 1_024 ** 2), ['0 MiB', '50 MiB', '100 MiB', '150 MiB', '200 MiB']],
    ['none', '0', ['0', '0.2', '0.4', '0.6', '0.8', '1']],
  ])('writes the axis of a panel in %s with the maximum %s as Grafana does', (unit, max, labels) => {
    expect(draw(unit, [max]).ticks.map(({ label }) => label)).toEqual(labels);
  });

  it('names a series by its labels, and leaves gaps where it has no value', () => {
    const { names, data } = draw('s', ['1', 'NaN', '2']);
    expect(names).toEqual(['GET /me']);
    expect(data).toEqual([
      [0, 1, 2],
      [1, null, 2],
    ]);
  });
});
