import type { ServiceNode } from './node.js';

/** A line of /metrics. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What Prometheus would read at a node. It counts as an answer of the node: no secret may be in it. */
export async function scrape(node: ServiceNode, port: number): Promise<Sample[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}.`);
  const text = await response.text();
  node.answers.push(text);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readSample);
}

/** The value of the only sample with this name and these labels; undefined if there is none. */
export function valueOf(
  samples: Sample[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  if (found.length > 1) throw new Error(`${found.length} samples of ${name} have these labels.`);
  return found[0]?.value;
}

function readSample(line: string): Sample {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) throw new Error(`This is no sample: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label!, text!]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value!.replace('+Inf', 'Infinity')) };
}
