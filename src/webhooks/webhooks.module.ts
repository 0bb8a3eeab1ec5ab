import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EventsModule } from '../events/events.module.js';
import { WebhooksTask } from './webhooks.task.js';

/** Sends the messages for webhooks. */
@Module({ imports: [AuditModule, EventsModule], providers: [WebhooksTask] })
export class WebhooksModule {}
