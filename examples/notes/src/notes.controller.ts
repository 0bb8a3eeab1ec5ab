import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Post,
  UseGuards,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { CurrentUser, JwtGuard, Roles, type SignedInUser, weappAuthDataSource } from 'weapp-auth';
import { Note } from './note.entity.js';

/** Everybody has notes of their own; only a moderator may throw all of them away. */
@Controller('notes')
@UseGuards(JwtGuard)
export class NotesController {
  constructor(@InjectRepository(Note, weappAuthDataSource) private readonly notes: Repository<Note>) {}

  @Get()
  mine(@CurrentUser() { id }: SignedInUser): Promise<Note[]> {
    return this.notes.find({ where: { userId: id }, order: { id: 'ASC' } });
  }

  @Post()
  async write(@CurrentUser() { id }: SignedInUser, @Body('text') text: unknown): Promise<Note> {
    if (typeof text !== 'string' || text === '') throw new BadRequestException('text must not be empty');
    return this.notes.save(this.notes.create({ userId: id, text }));
  }

  @Delete()
  @HttpCode(204)
  @Roles('moderator')
  async clear(): Promise<void> {
    await this.notes.createQueryBuilder().delete().execute();
  }
}
