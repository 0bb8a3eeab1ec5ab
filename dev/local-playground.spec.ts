import { describe, expect, it } from 'vitest';
import { playgroundWebhook } from './local-playground.js';
import type { LocalSettings } from './local-settings.js';

function local(changes: Partial<LocalSettings> = {}): LocalSettings {
  return {
    host: '127.0.0.1',
    port: 3000,
    serviceUrl: 'http://127.0.0.1:3000',
    emulatorPort: 3001,
    emulatorUrl: 'http://127.0.0.1:3001',
    isWechatEmulated: true,
    dataDirectory: '.data',
    databaseUrl: undefined,
    environment: {},
    ...changes,
  };
}

describe('the webhook of the playground', () => {
  it('has a new secret at each start', () => {
    const [first, second] = [1, 2].map(() => JSON.parse(playgroundWebhook(local())['WEBHOOKS']!) as unknown);
    const webhook = {
      url: 'http://127.0.0.1:3000/playground/webhook',
      secret: expect.stringMatching(/^whsec_/),
    };
    expect([first, second]).toEqual([[webhook], [webhook]]);
    expect(first).not.toEqual(second);
  });

  it.each<{ which: string; changes: Partial<LocalSettings> }>([
    { which: 'the developer has set webhooks', changes: { environment: { WEBHOOKS: '[]' } } },
    { which: 'they are in a file', changes: { environment: { WEBHOOKS_FILE: '/run/webhooks' } } },
    { which: 'there is no phone that could log in', changes: { isWechatEmulated: false } },
    { which: 'the service has another address', changes: { serviceUrl: 'http://192.168.1.5:3000' } },
  ])('is left out if $which', ({ changes }) => {
    expect(playgroundWebhook(local(changes))).toEqual({});
  });
});
