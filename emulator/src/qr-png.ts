import { crc32, deflateSync } from 'node:zlib';
import encodeQr from 'qr';

/** Modules of white around the code. */
const border = 4;

/**
 * A QR code of a text as PNG (one bit per pixel), of so many pixels in width and height, or a few less: each module has a whole
 * number of them.
 */
export function qrPng(text: string, pixels: number): Buffer {
  const modules = encodeQr(text, 'raw', { ecc: 'medium', border });
  const scale = Math.max(1, Math.floor(pixels / modules.length));
  const size = modules.length * scale;
  const rowBytes = Math.ceil(size / 8);
  const rows = modules.flatMap((row) => {
    // Each row of a PNG begins with the number of its filter: none. A bit that is set is white.
    const bytes = Buffer.alloc(1 + rowBytes);
    for (let x = 0; x < size; x += 1) {
      if (!row[Math.floor(x / scale)]) bytes[1 + (x >> 3)]! |= 0x80 >> (x & 7);
    }
    return Array<Buffer>(scale).fill(bytes);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A chunk of a PNG: its length, type, data and checksum. */
function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}
