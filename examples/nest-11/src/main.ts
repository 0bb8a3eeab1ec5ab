import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 4000, '127.0.0.1');
  console.log(`Orders are served at ${await app.getUrl()}`);
}

void bootstrap();
