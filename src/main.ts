import { setFlagsFromString } from 'node:v8';

// V8 reads both at each collection, so they are set before anything else is loaded.
// The heap may grow by 30 % from one full collection to the next, and not to four times its size (decision 0025).
setFlagsFromString('--heap-growing-percent=30');
// New objects begin in the young generation, also those that V8 takes for long-lived ones (decision 0029).
setFlagsFromString('--no-allocation-site-pretenuring');

await import('./run-service.js');
