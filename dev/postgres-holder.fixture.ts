import { startPostgres } from './postgres.js';

// A launcher for tests to kill: starts the Postgres of the directory it is given, tells its port, and stays.
const [dataDirectory = ''] = process.argv.slice(2);
const postgres = await startPostgres({ dataDirectory });
process.send?.(postgres.port);
setInterval(() => {}, 60_000);
