import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountModule, AuthModule, loadSettings, schema, WeappAuthModule } from 'weapp-auth';
import { Note } from './note.entity.js';
import { NotesController } from './notes.controller.js';
import { Notes1795220000000 } from './notes.migration.js';

const settings = loadSettings(process.env);

@Module({
  imports: [
    // One database, one list of entities and migrations: weapp-auth's and your own.
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: settings.databaseUrl,
      entities: [...schema.entities, Note],
      migrations: [...schema.migrations, Notes1795220000000],
      migrationsRun: true,
    }),
    TypeOrmModule.forFeature([Note]),
    WeappAuthModule.forRoot(settings),
    AuthModule, // POST /auth/login, and JwtGuard
    AccountModule, // /me
  ],
  controllers: [NotesController],
})
export class AppModule {}
