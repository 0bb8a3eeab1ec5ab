import { Injectable } from '@nestjs/common';
import { ConcurrencyLimit } from '../../limits/concurrency-limit.js';
import { AvatarDamagedError, AvatarFormatError, TooManyAvatarsError } from './avatars.errors.js';

/** Pixels of an avatar's side. */
const side = 256;

const maxPixels = 25_000_000;

/** Seconds of one encoding; an image of an accepted size needs less than one. */
const encodeTimeoutSeconds = 5;

/** Images at once, and waiting, on this node. Each takes a core, and a large one 250 MB of memory. */
const concurrency = { maxConcurrent: 2, maxQueued: 16 };

/** The marker EOI, with which a JPEG ends. */
const endOfImage = Buffer.from([0xff, 0xd9]);

type Format = 'jpeg' | 'png' | 'webp';

type Sharp = typeof import('sharp').default;

/**
 * Makes avatars from uploads. The image is encoded anew from its pixels, so no metadata and nothing hidden in the file is
 * left.
 */
@Injectable()
export class AvatarImagesService {
  readonly #concurrency = new ConcurrencyLimit(concurrency, TooManyAvatarsError);
  #sharp: Promise<Sharp> | undefined;

  /**
   * Makes a WebP of 256×256 pixels: upright, the middle of the first frame.
   *
   * @throws {AvatarFormatError} if the bytes are neither JPEG nor PNG nor WebP
   * @throws {AvatarDamagedError} if they end too soon, or have too many pixels
   * @throws {TooManyAvatarsError}
   */
  async encode(upload: Buffer): Promise<Buffer> {
    const format = formatOf(upload);
    if (format === undefined) throw new AvatarFormatError();
    return this.#concurrency.run(async () => draw(await (this.#sharp ??= loadSharp()), upload, format));
  }
}

/** Called for the first image: sharp takes 12 MB, and many applications have no avatars. */
async function loadSharp(): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  // For the whole process: no image comes twice, and one thread per image leaves the others for logins.
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}

async function draw(sharp: Sharp, upload: Buffer, format: Format): Promise<Buffer> {
  try {
    return await render(sharp, upload, format, 'error').catch((error: unknown) => {
      if (format !== 'jpeg' || !lacksEnd(error)) throw error;
      // Phones show such a file. With an end marker, it fails only if something before it is missing.
      return render(sharp, Buffer.concat([upload, endOfImage]), format, 'warning');
    });
  } catch (error) {
    throw error instanceof AvatarFormatError ? error : new AvatarDamagedError(error);
  }
}

async function render(
  sharp: Sharp,
  upload: Buffer,
  format: Format,
  failOn: 'error' | 'warning',
): Promise<Buffer> {
  // Reads the header first, so that no image that is too large is decoded. Only the first frame is used.
  const image = sharp(upload, { limitInputPixels: maxPixels, failOn, autoOrient: true });
  const metadata = await image.metadata();
  if (metadata.format !== format) throw new AvatarFormatError();
  return image
    .resize(side, side, { fit: 'cover' })
    .webp()
    .timeout({ seconds: encodeTimeoutSeconds })
    .toBuffer();
}

/** How libvips reports a JPEG without its end marker. */
function lacksEnd(error: unknown): boolean {
  return error instanceof Error && error.message.includes('premature end of JPEG image');
}

/** By the first bytes, not by what the sender says; so no other decoder gets the bytes. */
function formatOf(bytes: Buffer): Format | undefined {
  const starts = (text: string, at = 0) =>
    bytes.subarray(at, at + text.length).equals(Buffer.from(text, 'latin1'));
  if (starts('\u00ff\u00d8\u00ff')) return 'jpeg';
  if (starts('\u0089PNG\r\n\u001a\n')) return 'png';
  if (starts('RIFF') && starts('WEBP', 8)) return 'webp';
  return undefined;
}
