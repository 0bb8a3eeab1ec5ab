import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Bytes that are asked from the operating system at once: a call costs more than the bytes. */
const poolBytes = 4_096;
const uuidBytes = 16;

const pool = Buffer.alloc(poolBytes);
let used = poolBytes;

/** Bytes from the generator of the operating system, each of them used once. */
export function randomBytes(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  if (size > poolBytes) return randomFillSync(bytes);
  takeFromPool(bytes);
  return bytes;
}

const uuid = new Uint8Array(uuidBytes);

/** A UUID of version 7 (RFC 9562): those of one process increase from one millisecond to the next. */
export function newUuid(): string {
  takeFromPool(uuid);
  return v7({ random: uuid });
}

function takeFromPool(target: Uint8Array): void {
  if (used + target.length > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  const end = used + target.length;
  target.set(pool.subarray(used, end));
  // Whoever reads the memory of the process later must not find keys.
  pool.fill(0, used, end);
  used = end;
}
