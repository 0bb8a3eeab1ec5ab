import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.sequencer.js';

export default defineConfig({
  // Nest's dependency injection and class-validator read the types that decorators record. Vite 8 compiles
  // with oxc, which records them; earlier versions use esbuild, which does not.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    // Most of the end-to-end tests wait: for processes that start, for time-outs, for nodes that learn. Three files at
    // a time, each with a database of its own, take a third as long, on two cores as well.
    maxWorkers: 3,
    // What a file imports is loaded once per worker. No test changes a module or the environment.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // A machine that others use stands still for seconds at times, and some tests try thousands of cases, or build
    // first. These limits only catch what hangs; what has to be quick says so where it is asked for.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    reporters: ['default', './test/summary.reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,dev,emulator,client,guard,playground,console}/**/*.spec.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e-spec.ts', 'bench/*.spec.ts'],
          globalSetup: ['test/global-setup.ts'],
        },
      },
    ],
  },
});
