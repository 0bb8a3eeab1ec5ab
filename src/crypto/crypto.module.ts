import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { KeyRing } from './key-ring.js';

/** The key ring of this deployment. */
@Global()
@Module({
  providers: [
    {
      provide: KeyRing,
      useFactory: ({ encryptionKeys }: Settings) => new KeyRing(encryptionKeys),
      inject: [Settings],
    },
  ],
  exports: [KeyRing],
})
export class CryptoModule {}
