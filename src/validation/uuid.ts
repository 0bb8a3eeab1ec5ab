const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether a text could be an id of ours: a UUID as Postgres takes it, of any version. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}
