import { byNickname, byPhone, firstPage, latePage } from './admin-search.js';
import { guardedScenarios } from './guarded.js';
import { openDataScenario } from './open-data.js';
import type { Scenario } from './scenario.js';
import { sessionScenarios } from './sessions.js';

/** What `npm run bench` measures under load, in this order. */
export const scenarios: Scenario[] = [
  ...sessionScenarios,
  ...guardedScenarios,
  openDataScenario,
  firstPage,
  latePage(10_000),
  byPhone,
  byNickname,
];
