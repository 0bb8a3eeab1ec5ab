import { access, constants, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { readStorageLocation } from '../config/storage-location.js';
import { StorageUnusableError } from './storage.errors.js';

/** Nothing that could lead out of the directory. */
const safeKey = /^[\w-]{1,128}$/;

/** Milliseconds until a bucket must have been connected to, and must have answered. */
const connectionTimeout = 2_000;
const requestTimeout = 5_000;

/** Files by key, in a directory or a bucket. */
export class Files {
  private constructor(
    private readonly disk: Disk,
    /** Stands before every key. */
    private readonly prefix: string,
  ) {}

  /**
   * @param location `file:PATH`, whose directory is made where there is none, or `s3://bucket/prefix`
   * @throws {StorageUnusableError}
   */
  static async open(location: string): Promise<Files> {
    const place = readStorageLocation(location);
    if (place === undefined) throw new TypeError('Files are kept at file:PATH or s3://bucket/prefix.');
    return place.kind === 'directory'
      ? new Files(await openDirectory(place.path), '')
      : new Files(await openBucket(place.bucket), place.prefix);
  }

  async put(key: string, content: Buffer, contentType: string): Promise<void> {
    await this.disk.put(this.pathOf(key), content, { contentType });
  }

  /** The content, or null where there is no such file. */
  async read(key: string): Promise<Buffer | null> {
    try {
      return await buffer(await this.disk.getStream(this.pathOf(key)));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Removes the file, if there is one. */
  async remove(key: string): Promise<void> {
    await this.disk.delete(this.pathOf(key));
  }

  private pathOf(key: string): string {
    if (!safeKey.test(key)) throw new TypeError('A key has letters, digits, underscores and dashes.');
    return `${this.prefix}${key}`;
  }
}

async function openDirectory(path: string): Promise<Disk> {
  const location = resolve(path);
  try {
    await mkdir(location, { recursive: true });
    await access(location, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new StorageUnusableError(
      `AVATAR_STORAGE names ${location}, which cannot be made or written (${code}): give it to the user that runs this service, or set AVATAR_STORAGE to another place.`,
      { cause: error },
    );
  }
  return new Disk(new FSDriver({ location, visibility: 'private' }));
}

/** The AWS SDK takes region, credentials and endpoint from its own environment variables. */
async function openBucket(bucket: string): Promise<Disk> {
  const { S3Driver } = await importS3();
  return new Disk(
    new S3Driver({
      bucket,
      visibility: 'private',
      // Buckets have had none since 2023, unless somebody asks for them.
      supportsACL: false,
      requestHandler: { connectionTimeout, requestTimeout },
    }),
  );
}

/** The SDK is large, and few keep files in a bucket: whoever does installs it. */
async function importS3() {
  try {
    return await import('flydrive/drivers/s3');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new StorageUnusableError(
      'AVATAR_STORAGE names a bucket, for which the AWS SDK has to be installed: npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner',
      { cause: error },
    );
  }
}

/** Directories say so by a code, buckets by a name, and flydrive wraps either. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error as NodeJS.ErrnoException).code === 'ENOENT' || error.name === 'NoSuchKey' || isMissing(error.cause)
  );
}
