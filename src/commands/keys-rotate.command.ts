import { KeyRotationService, publicationSeconds } from '../auth/key-rotation.service.js';
import { runInApplication } from './command-application.js';
import { defineCommand, loadCommandSettings } from './command.js';

export const keysRotate = defineCommand({
  synopsis: '[--now]',
  explanations: {
    '--now': 'refuses the tokens of all other keys at once: for a key that somebody else may know',
  },
  example: '',
  options: { now: { type: 'boolean' } },
  async run({ values: { now: compromised } }) {
    await runInApplication(loadCommandSettings(), [KeyRotationService], async (app) => {
      const rotation = app.get(KeyRotationService);
      if (compromised === true) {
        const { kid } = await rotation.replaceCompromised();
        process.stdout.write(
          `The key ${kid} signs from now on.\n` +
            `Within ${publicationSeconds} seconds every node refuses the tokens of all other keys; clients get new ones by a refresh or a login.\n`,
        );
        return;
      }
      const { kid, activeFrom, retiredAt } = await rotation.rotate();
      process.stdout.write(
        `The key ${kid} is published within ${publicationSeconds} seconds, and signs from ${activeFrom.toISOString()} on.\n` +
          `The key before it stays good until ${retiredAt.toISOString()}, when the last of its tokens has expired.\n`,
      );
    });
  },
});
