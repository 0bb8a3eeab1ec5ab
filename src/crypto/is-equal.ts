import { timingSafeEqual } from 'node:crypto';

/** Whether two secrets are the same. Takes the same time wherever they differ; their lengths are no secret. */
export function isEqual(given: string | Buffer, expected: string | Buffer): boolean {
  const [one, other] = [toBytes(given), toBytes(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function toBytes(secret: string | Buffer): Buffer {
  return typeof secret === 'string' ? Buffer.from(secret) : secret;
}
