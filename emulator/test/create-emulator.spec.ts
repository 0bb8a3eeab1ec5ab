import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createEmulator, defaultApps } from '../src/index.js';

describe('createEmulator', () => {
  it('listens on loopback at a free port', async () => {
    const emulator = await createEmulator();

    expect(emulator.url).toBe(`http://127.0.0.1:${emulator.port}`);
    expect((await fetch(`${emulator.url}/__emulator__/apps`)).status).toBe(200);
    await emulator.close();
  });

  it('listens on the given port, and fails if the port is in use', async () => {
    const first = await createEmulator();

    await expect(createEmulator({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
    const second = await createEmulator({ port: first.port });
    expect(second.port).toBe(first.port);
    await second.close();
  });

  it('takes other apps instead of the default ones', async () => {
    const emulator = await createEmulator({ apps: [{ appid: 'wx00000000000000aa' }] });

    expect(emulator.wechat.apps.all().map(({ appid }) => appid)).toEqual(['wx00000000000000aa']);
    await emulator.close();
  });

  it('refuses invalid apps', async () => {
    await expect(createEmulator({ apps: [{ appid: 'wx1' }] })).rejects.toThrow(
      'appid must be wx and 16 lower-case hexadecimal digits',
    );
  });

  it('shares nothing with another emulator', async () => {
    const [one, other] = [await createEmulator(), await createEmulator()];
    one.wechat.apps.save({ appid: defaultApps[0]?.appid ?? '', secret: 'changed' });
    one.wechat.clock.advance(60);

    expect(other.wechat.apps.all()).toEqual(defaultApps);
    expect(other.wechat.clock.offsetSeconds()).toBe(0);
    await Promise.all([one.close(), other.close()]);
  });

  it('can be used in the same process', async () => {
    const emulator = await createEmulator();
    const { code } = emulator.phone.login('wxe000000000000001', 'anna');
    emulator.wechat.clock.advance(300);
    const response = await fetch(
      `${emulator.url}/sns/jscode2session?appid=wxe000000000000001&secret=e000000000000001e000000000000001` +
        `&grant_type=authorization_code&js_code=${code}`,
    );

    expect(await response.json()).toMatchObject({ errcode: 40029 });
    await emulator.close();
  });
});

describe('close', () => {
  it('frees the port', async () => {
    const emulator = await createEmulator();
    await emulator.close();

    await expect(fetch(emulator.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('can be called again, at the same time or later', async () => {
    const emulator = await createEmulator();
    await Promise.all([emulator.close(), emulator.close()]);

    await expect(emulator.close()).resolves.toBeUndefined();
  });

  it('does not wait for idle connections, or for connections that never sent anything', async () => {
    const emulator = await createEmulator();
    await fetch(`${emulator.url}/__emulator__/apps`);
    const silent = connect(emulator.port, '127.0.0.1');
    await once(silent, 'connect');
    silent.on('error', () => undefined);
    const ended = once(silent, 'close');

    await expect(emulator.close()).resolves.toBeUndefined();
    await ended;
  });

  it('does not wait for answers that a fault delays', async () => {
    const emulator = await createEmulator();
    emulator.wechat.faults.add({ path: '/cgi-bin/token', delayMs: 3_600_000 });
    const answer = fetch(`${emulator.url}/cgi-bin/token`).catch((error: unknown) => error);
    await expect.poll(() => emulator.wechat.requests.all().length).toBe(1);

    await emulator.close();
    expect(await answer).toBeInstanceOf(Error);
  });
});
