/** A field of a message. https://protobuf.dev/programming-guides/encoding/ */
export interface Field {
  number: number;
  /** The content of a text, of bytes or of a message; the eight bytes of a fixed number. */
  bytes: Buffer;
  /** The value of a varint. */
  value: bigint;
}

/** The fields of a message in protobuf, as far as OTLP has them. */
export function readFields(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new Error('The message breaks off.');
    at += length;
    return message.subarray(at - length, at);
  };
  const takeVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = take(1)[0]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(takeVarint());
    const number = tag >>> 3;
    const none = Buffer.alloc(0);
    switch (tag & 7) {
      case 0:
        fields.push({ number, bytes: none, value: takeVarint() });
        break;
      case 1:
        fields.push({ number, bytes: take(8), value: 0n });
        break;
      case 2:
        fields.push({ number, bytes: take(Number(takeVarint())), value: 0n });
        break;
      case 5:
        fields.push({ number, bytes: take(4), value: 0n });
        break;
      default:
        throw new Error(`There is no wire type ${tag & 7}.`);
    }
  }
  return fields;
}

export function readText(fields: Field[], number: number): string {
  return fields.find((field) => field.number === number)?.bytes.toString('utf8') ?? '';
}

export function readVarint(fields: Field[], number: number): number {
  return Number(fields.find((field) => field.number === number)?.value ?? 0n);
}

export function readFixed64(fields: Field[], number: number): bigint {
  return fields.find((field) => field.number === number)?.bytes.readBigUInt64LE() ?? 0n;
}
