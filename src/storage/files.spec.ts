import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Files } from './files.js';
import { StorageUnusableError } from './storage.errors.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weapp-auth-files-'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('a directory', () => {
  const open = () => Files.open(`file:${home}/made/for/it`);

  it('is made, and gives back what was put into it', async () => {
    const files = await open();
    await files.put('one', Buffer.from([0, 1, 255]), 'image/webp');
    expect(await files.read('one')).toEqual(Buffer.from([0, 1, 255]));
    expect(readdirSync(`${home}/made/for/it`)).toEqual(['one']);
  });

  it('has nothing under a key that nothing was put under', async () => {
    expect(await (await open()).read('nothing')).toBeNull();
  });

  it('forgets what is removed, and takes no offence where there is nothing', async () => {
    const files = await open();
    await files.put('one', Buffer.from('1'), 'image/webp');
    await files.remove('one');
    await files.remove('one');
    expect(await files.read('one')).toBeNull();
  });

  it.each(['', '.', '..', '../outside', '/etc/passwd', 'a/b', String.raw`a\b`, 'a\0b', 'a.webp', '%2e%2e'])(
    'is not left by the key %j',
    async (key) => {
      const files = await open();
      await expect(files.put(key, Buffer.from('1'), 'image/webp')).rejects.toThrow(TypeError);
      await expect(files.read(key)).rejects.toThrow(TypeError);
      await expect(files.remove(key)).rejects.toThrow(TypeError);
    },
  );

  it('that cannot be made is told before the service starts', async () => {
    writeFileSync(join(home, 'made'), 'a file stands in the way');
    await expect(open()).rejects.toThrow(StorageUnusableError);
    await expect(open()).rejects.toThrow(/AVATAR_STORAGE names .*made\/for\/it.*ENOTDIR/);
  });
});

describe('a bucket', () => {
  it('says what to install where the AWS SDK is not', async () => {
    await expect(Files.open('s3://pictures/avatars')).rejects.toThrow(
      'npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner',
    );
  });
});
