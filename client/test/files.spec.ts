import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../src/index.js';
import { FakePhone, pass, settled } from './fake-phone.js';

const avatar = { url: '/me/avatar', filePath: 'http://tmp/1.png', name: 'file' };

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

describe('upload()', () => {
  it('sends the options of wx.uploadFile with the access token, and parses the answer', async () => {
    const auth = phone.createAuth();
    const formData = { kind: 'round' };
    const { statusCode, data } = await settled(auth.upload<{ id: string }>({ ...avatar, formData }));
    expect([statusCode, data.id]).toEqual([200, 'alice']);
    const [sent] = phone.to('/me/avatar');
    expect(sent).toMatchObject({
      api: 'uploadFile',
      url: 'https://login.example.com/me/avatar',
      filePath: 'http://tmp/1.png',
      name: 'file',
      formData,
      header: { Authorization: 'Bearer access 0 1' },
    });
  });

  it('updates the user from the answer to an avatar', async () => {
    const auth = phone.createAuth();
    await settled(auth.upload(avatar));
    expect(auth.user!.avatarUrl).toBe('https://login.example.com/avatars/1');
  });

  it('is repeated once after a refresh, if the token is refused', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    await expect(settled(auth.upload(avatar))).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.to('/me/avatar')).toHaveLength(2);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it('keeps a text that is not JSON', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/me/avatar', { answer: phone.service.say(502, '<html>') });
    await expect(settled(auth.upload(avatar))).resolves.toMatchObject({ statusCode: 502, data: '<html>' });
  });

  it('reports progress, and can be aborted', async () => {
    const auth = phone.createAuth();
    const progress: Progress[] = [];
    await settled(auth.upload({ ...avatar, onProgress: (update) => progress.push(update) }));
    expect(progress).toEqual([{ progress: 100 }]);
    expect(phone.to('/me/avatar')[0]).not.toHaveProperty('onProgress');
    phone.injectFaults('/me/avatar', { delay: 60_000 });
    const upload = auth.upload(avatar);
    await pass(1);
    upload.abort();
    await expect(settled(upload)).rejects.toMatchObject({ code: 'aborted', errMsg: 'uploadFile:fail abort' });
  });

  it('takes a place in the queue like a request', async () => {
    const auth = phone.createAuth();
    await settled(Promise.all(Array.from({ length: 15 }, () => auth.upload(avatar))));
    expect(phone.maxConcurrentRequests).toBe(10);
  });

  it('sends no access token to other origins', async () => {
    const auth = phone.createAuth();
    await settled(auth.upload({ ...avatar, url: 'https://files.example.com/' }));
    expect(phone.sent).toHaveLength(1);
    expect(phone.sent[0]).not.toHaveProperty('header');
  });
});

describe('download()', () => {
  const file = { url: '/files/1' };

  it('sends the access token, and gives the file', async () => {
    const auth = phone.createAuth();
    await expect(settled(auth.download(file))).resolves.toMatchObject({
      statusCode: 200,
      tempFilePath: 'wxfile://tmp/1',
    });
    expect(phone.to('/files/1')[0]).toMatchObject({
      api: 'downloadFile',
      header: { Authorization: 'Bearer access 0 1' },
    });
  });

  it('is repeated once after a refresh, if the token is refused', async () => {
    const auth = phone.createAuth();
    await settled(auth.token());
    phone.service.forgetAccessTokens();
    await expect(settled(auth.download(file))).resolves.toMatchObject({ statusCode: 200 });
    expect(phone.to('/files/1')).toHaveLength(2);
    expect(phone.to('/auth/refresh')).toHaveLength(1);
  });

  it('is returned after one try, if a 401 is not about the token', async () => {
    const auth = phone.createAuth();
    phone.injectFaults('/files/1', { answer: phone.service.say(401, '') });
    await expect(settled(auth.download(file))).resolves.toMatchObject({ statusCode: 401 });
    expect(phone.to('/files/1')).toHaveLength(1);
  });

  it('asks neither isExpired nor unwrap: the data is in a file', async () => {
    const ask = vi.fn<() => boolean>();
    const auth = phone.createAuth({ isExpired: ask, unwrap: ({ data }) => data });
    await settled(auth.download(file));
    expect(ask).not.toHaveBeenCalled();
  });

  it('reports progress, and can be aborted', async () => {
    const auth = phone.createAuth();
    const progress: Progress[] = [];
    await settled(auth.download({ ...file, onProgress: (update) => progress.push(update) }));
    expect(progress).toEqual([{ progress: 100 }]);
    phone.injectFaults('/files/1', { delay: 60_000 });
    const download = auth.download(file);
    await pass(1);
    download.abort();
    await expect(settled(download)).rejects.toMatchObject({ code: 'aborted' });
  });
});
