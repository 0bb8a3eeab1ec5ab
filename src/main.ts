import { setFlagsFromString } from 'node:v8';

// The heap may grow by 30 % from one full collection to the next, and not to four times its size (decision 0025). V8 reads this
// at each collection, so it is set before anything else is loaded.
setFlagsFromString('--heap-growing-percent=30');

await import('./run-service.js');
