import {
  isDatabaseFailure,
  refusedStartupParameter,
  StandbyError,
  UnsuitableDatabaseError,
} from './database.errors.js';

/** The parts of DATABASE_URL without the password. */
interface Target {
  /** Host and port, or the socket's file. */
  address: string;
  host: string;
  user: string;
  database: string;
  isTls: boolean;
}

const guide = 'See docs/guides/postgres.md';

/**
 * Explains to an admin who starts the service or a command why there is no connection, and what to check. The text contains
 * the address of the database, never its password.
 *
 * @param databaseUrl as `databaseUrlFault` accepts it
 * @returns undefined if the error is about something else
 */
export function explainConnectionFailure(error: unknown, databaseUrl: string): string | undefined {
  const { code, message } = error as { code?: unknown; message?: string };
  const target = readTarget(databaseUrl);
  const { address, host, user, database } = target;
  if (error instanceof UnsuitableDatabaseError) return error.message;
  if (error instanceof StandbyError) {
    return `Postgres at ${address} is a standby, which takes no writes. Point DATABASE_URL at the primary.`;
  }
  if (refusedStartupParameter.test(message ?? '')) {
    return `The connection pooler at ${address} refuses the options of DATABASE_URL (${String(code)}). Take them out of the URL, and set the same for the role: ALTER ROLE ${user} IN DATABASE ${database} SET …; ${guide}.`;
  }
  switch (code) {
    case 'ECONNREFUSED':
      return `The database is away: nothing listens at ${address} (ECONNREFUSED). Start Postgres, or correct the address in DATABASE_URL.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The database is away: there is no machine named ${host} (${code}). Correct DATABASE_URL.`;
    case '28P01':
      return `Postgres at ${address} does not let ${user} in (28P01). Correct user and password in DATABASE_URL, where both are percent-encoded.`;
    case '28000':
      return `Postgres at ${address} does not let ${user} in (28000). ${adviceOnAccess(error as AccessError, target)}`;
    case '3D000':
      return `Postgres at ${address} has no database ${database} (3D000). Create it, or correct DATABASE_URL.`;
    case '42501':
      return `Postgres at ${address} does not allow this to ${user} (42501). Make ${user} the owner of the database. If ${user} is to run the service only, run npm run migrate with the role that migrates, and give ${user} the rights in docs/guides/postgres.md.`;
    case '53300':
      return `Postgres at ${address} has no connection left (53300). Raise max_connections, or lower DATABASE_POOL_SIZE.`;
    case '25006':
      return `Postgres at ${address} takes no writes (25006): default_transaction_read_only is on, as clouds set it if the disk is full, or the server has become a standby.`;
  }
  const tls = explainTlsFailure(error, target);
  if (tls !== undefined) return tls;
  if (message?.startsWith('SASL: ') && message.includes('client password must be')) {
    return `Postgres at ${address} asks ${user} for a password, and DATABASE_URL has none. Write it there: postgres://${user}:PASSWORD@…`;
  }
  if (!isDatabaseFailure(error)) return undefined;
  return `The database at ${address} is away${typeof code === 'string' ? ` (${code})` : ''}.`;
}

/** An error of Postgres. `routine` is the function that reports it; unlike the message, it is never translated. */
interface AccessError {
  message: string;
  routine?: string;
}

function adviceOnAccess({ message, routine }: AccessError, { isTls, user }: Target): string {
  // No line of pg_hba.conf matches. Other routines report a role that does not exist or may not log in.
  if (routine !== 'ClientAuthentication') return 'Correct user and password in DATABASE_URL.';
  if (message.includes('client certificate')) {
    return `It wants a client certificate: name it in DATABASE_URL by sslcert and sslkey. ${guide}.`;
  }
  if (!isTls) {
    return `It may want TLS: add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE if its certificate comes from a private CA. ${guide}. If that changes nothing, its pg_hba.conf has no line for ${user} from this machine.`;
  }
  return `Its pg_hba.conf, or the list of allowed addresses at your cloud, has no line for ${user} from this machine.`;
}

/** OpenSSL's codes for certificate chains that cannot be verified. */
const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

function explainTlsFailure(error: unknown, { address, host }: Target): string | undefined {
  const { code, message, path } = error as { code?: unknown; message?: string; path?: unknown };
  if (typeof code === 'string' && untrusted.has(code)) {
    return `The certificate of Postgres at ${address} comes from no CA that this machine trusts (${code}). Add sslrootcert=FILE to DATABASE_URL, the certificate of its CA in PEM; sslmode=no-verify encrypts without looking whom it talks to. ${guide}.`;
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of Postgres at ${address} is for another name than ${host} (${code}). Write a name of the certificate into DATABASE_URL; or, if its CA is yours alone, uselibpqcompat=true&sslmode=verify-ca&sslrootcert=FILE, which does not look at the name. ${guide}.`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `The certificate of Postgres at ${address} is not valid at this time (${code}). Renew it on the server, and see that the clock of this machine is right. ${guide}.`;
    case 'ENOENT':
    case 'EACCES':
    case 'EISDIR':
      if (typeof path === 'string') {
        return `A file that DATABASE_URL names in sslrootcert, sslcert or sslkey cannot be read: ${path} (${code}).`;
      }
      return `The database is away: nothing listens at ${address} (${code}). Start Postgres, or correct the address in DATABASE_URL.`;
  }
  if (message === 'The server does not support SSL connections') {
    return `Postgres at ${address} does not offer TLS. Switch it on there (ssl = on), or write sslmode=disable into DATABASE_URL if nobody can listen in between. ${guide}.`;
  }
  if (message?.startsWith('There was an error establishing an SSL connection')) {
    return `What listens at ${address} does not speak TLS as Postgres does. Correct the address in DATABASE_URL.`;
  }
  if (typeof code === 'string' && /^(?:ERR_SSL_|ERR_OSSL_|ERR_TLS_|EPROTO|CERT_)/.test(code)) {
    return `TLS with Postgres at ${address} does not come about (${code}). Files that DATABASE_URL names must be in PEM. ${guide}.`;
  }
  return undefined;
}

function readTarget(databaseUrl: string): Target {
  const url = new URL(databaseUrl);
  const { searchParams } = url;
  const host = searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const port = searchParams.get('port') ?? (url.port || '5432');
  const user = searchParams.get('user') ?? decodeURIComponent(url.username);
  const mode = searchParams.get('sslmode');
  return {
    address: host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host || 'localhost'}:${port}`,
    host: host || 'localhost',
    user: user || 'this user',
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    isTls:
      mode === null
        ? ['ssl', 'sslrootcert', 'sslcert', 'sslkey'].some((name) => searchParams.has(name))
        : mode !== 'disable',
  };
}
