import { Controller, Get, Post } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IsInteger } from '../validation/integer.decorator.js';
import { ServiceErrorFilter } from './problem.filter.js';
import { ValidBody } from './valid-body.decorator.js';
import { ValidQuery } from './valid-query.decorator.js';

class Note {
  @IsString()
  text: string;
}

class Page {
  @IsInteger(1, 9)
  limit: number = 3;
}

@Controller('notes')
class NotesController {
  @Post()
  write(@ValidBody() note: Note): object {
    return { note, isNote: note instanceof Note };
  }

  @Get()
  list(@ValidQuery() page: Page): object {
    return { page, isPage: page instanceof Page };
  }
}

describe('a handler with @ValidBody() and @ValidQuery()', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(
      { module: class {}, controllers: [NotesController] },
      new FastifyAdapter(),
      { logger: false, abortOnError: false },
    );
    app.useGlobalFilters(new ServiceErrorFilter(app.get(HttpAdapterHost)));
    await app.init();
  });
  afterAll(() => app.close());

  it('takes an instance of the class, without what the class does not know', async () => {
    const written = await app.inject({
      method: 'POST',
      url: '/notes',
      payload: { text: 'a', isAdmin: true },
    });
    expect(written.json()).toEqual({ note: { text: 'a' }, isNote: true });
    const listed = await app.inject({ url: '/notes?limit=7&isAdmin=true' });
    expect(listed.json()).toEqual({ page: { limit: 7 }, isPage: true });
  });

  it('is not called with what is wrong or absent', async () => {
    const bodies = [{ text: 1 }, [], undefined];
    for (const payload of bodies) {
      const answer = await app.inject({ method: 'POST', url: '/notes', payload });
      expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    const answer = await app.inject({ url: '/notes?limit=10' });
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ field: 'limit' }] });
  });
});
