import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Files } from './files.js';

/** Files. */
@Module({
  providers: [
    {
      provide: Files,
      inject: [Settings],
      useFactory: ({ avatarStorage }: Settings) => Files.open(avatarStorage),
    },
  ],
  exports: [Files],
})
export class StorageModule {}
