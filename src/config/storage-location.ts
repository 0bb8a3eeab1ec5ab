/** Where files are kept. */
export type StorageLocation =
  | { kind: 'directory'; path: string }
  /** `prefix` is empty, or ends with a slash. */
  | { kind: 'bucket'; bucket: string; prefix: string };

/** `file:a`, `file:/a` and `file:///a`, but not `file://a`: a URL would have a host there. */
const directory = /^file:(?!\/\/[^/])(?<path>.+)$/;
const bucket = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?<prefix>(?:\/[\w-][\w.-]*)*)\/?$/;

/** Reads `file:PATH` or `s3://bucket/prefix`; undefined where it is neither. */
export function readStorageLocation(text: string): StorageLocation | undefined {
  const { path } = directory.exec(text)?.groups ?? {};
  if (path !== undefined) return { kind: 'directory', path };
  const { bucket: name, prefix } = bucket.exec(text)?.groups ?? {};
  if (name === undefined || prefix === undefined) return undefined;
  return { kind: 'bucket', bucket: name, prefix: prefix === '' ? '' : `${prefix.slice(1)}/` };
}
