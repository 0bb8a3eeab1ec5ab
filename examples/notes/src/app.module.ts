import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountModule, AuthModule, loadSettings, WeappAuthModule, weappAuthDataSource } from 'weapp-auth';
import { Note } from './note.entity.js';
import { NotesController } from './notes.controller.js';
import { Notes1795220000000 } from './notes.migration.js';

@Module({
  imports: [
    // One database: weapp-auth's tables, and your own beside them.
    WeappAuthModule.forRoot(
      // The emulator's appids, whose secrets anybody knows, are for a developer's machine.
      loadSettings(process.env, { allowEmulator: process.env['NODE_ENV'] !== 'production' }),
      { entities: [Note], migrations: [Notes1795220000000] },
    ),
    AuthModule, // /auth, the published keys, and JwtGuard
    AccountModule, // /me
    TypeOrmModule.forFeature([Note], weappAuthDataSource),
  ],
  controllers: [NotesController],
})
export class AppModule {}
