import { WebhookMessagesService } from '../events/webhook-messages.service.js';
import { isIsoDateTime } from '../validation/iso-date-time.decorator.js';
import { runInApplication } from './command-application.js';
import { defineCommand, loadCommandSettings, UsageError } from './command.js';

export const webhooksReplay = defineCommand({
  synopsis: '--since <time>',
  explanations: {
    '--since <time>':
      'sends again what has happened since then; ISO 8601 with its zone, at most seven days ago',
  },
  example: '--since 2026-11-21T02:00:00Z',
  options: { since: { type: 'string' } },
  async run({ values: { since } }) {
    if (since === undefined) throw new UsageError('Name a time');
    if (!isIsoDateTime(since)) throw new UsageError('That is not a time in ISO 8601 with its zone');
    const count = await runInApplication(loadCommandSettings(), [], (app) =>
      app.get(WebhookMessagesService).replay(new Date(since)),
    );
    process.stdout.write(
      count === 0
        ? 'There is no message since then.\n'
        : `${count} ${count === 1 ? 'message is' : 'messages are'} sent again, the oldest first.\n`,
    );
  },
});
