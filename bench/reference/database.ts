import { Pool } from 'pg';

/** As many connections as the service has. */
export const database = new Pool({ connectionString: process.env['DATABASE_URL']!, max: 10 });
