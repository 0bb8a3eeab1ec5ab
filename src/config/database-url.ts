/** Query parameters that node-postgres knows and this service allows. */
const knownParameters = [
  'host',
  'port',
  'user',
  'password',
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'uselibpqcompat',
  'application_name',
  'options',
];

/** What other tools call it, and how it is said here. */
const otherWords: Record<string, string> = {
  schema: 'for a schema other than public set DATABASE_SCHEMA',
  currentSchema: 'for a schema other than public set DATABASE_SCHEMA',
  search_path: 'for a schema other than public set DATABASE_SCHEMA',
  pgbouncer: 'set DATABASE_NAMED_STATEMENTS=false',
  connection_limit: 'set DATABASE_POOL_SIZE',
};

const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

const percentEncode =
  'must be a URL in which user, password and database are percent-encoded: write @ as %40, # as %23, / as %2F, ? as %3F, : as %3A, % as %25, a space as %20';

/**
 * What is wrong with DATABASE_URL, as the end of a sentence that starts with the name. A character that is not
 * percent-encoded moves the borders of the parts, so that a piece of the password is taken for a host: nothing of the value
 * is quoted but names of parameters, once that is excluded.
 *
 * @returns undefined if nothing is wrong
 */
export function databaseUrlFault(value: unknown): string | undefined {
  return urlFault(value, 'the primary');
}

/** The same for DATABASE_REPLICA_URL. */
export function replicaUrlFault(value: unknown): string | undefined {
  return urlFault(value, 'a standby');
}

function urlFault(value: unknown, server: string): string | undefined {
  if (typeof value !== 'string') return 'is required and must be a postgres:// URL';
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(value) ?? [];
  if (rest === undefined) return 'must be a postgres:// URL';
  if (!isEncoded(rest)) return percentEncode;
  const [, authority] = /^([^/?]*)/.exec(rest)!;
  const hosts = [authority!.slice(authority!.lastIndexOf('@') + 1), ...parametersOf(value).getAll('host')];
  if (hosts.some((host) => host.includes(',')) || hosts.length > 2) {
    return `names several hosts: one is possible. Name an address that always leads to ${server}, of a proxy or a load balancer say`;
  }
  if (!URL.canParse(value)) {
    return `must be postgres://USER:PASSWORD@HOST:PORT/DATABASE. If that is what it is, it ${percentEncode}`;
  }
  return parameterFault(parametersOf(value));
}

/** Whether no character stands where it would end a part too early. */
function isEncoded(rest: string): boolean {
  const [beforeQuery = '', ...query] = rest.split('?');
  const [authority = '', ...path] = beforeQuery.split('/');
  const hasStrayBorder =
    /[#\s\p{Cc}]/u.test(rest) || authority.split('@').length > 2 || [...path, ...query].join().includes('@');
  // A user name ends at the first colon, and a password at the @: without one, what follows a colon is a port.
  const port = /:([^:\]]*)$/.exec(authority.slice(authority.lastIndexOf('@') + 1))?.[1];
  const isPort = port === undefined || /^\d{0,5}$/.test(port) || port.includes(',');
  return !hasStrayBorder && isPort && !/%(?![0-9a-f]{2})/i.test(rest) && isDecodable(rest);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parametersOf(url: string): URLSearchParams {
  return new URLSearchParams(/\?(.*)$/s.exec(url)?.[1]);
}

function parameterFault(parameters: URLSearchParams): string | undefined {
  const unknown = [...parameters.keys()].find((name) => !knownParameters.includes(name));
  if (unknown !== undefined) {
    const advice = otherWords[unknown] ?? `known are ${knownParameters.join(', ')}`;
    return `has the query parameter ${unknown}, which is not known: ${advice}`;
  }
  const mode = parameters.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) {
    return `has an sslmode that is not known: it may be ${sslModes.join(', ')}`;
  }
  const isCompatible = parameters.get('uselibpqcompat') === 'true';
  if (isCompatible && mode === 'verify-ca' && !parameters.get('sslrootcert')) {
    return 'needs sslrootcert=FILE beside sslmode=verify-ca: the certificate of the CA, in PEM';
  }
  return undefined;
}
