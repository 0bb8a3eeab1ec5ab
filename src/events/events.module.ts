import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventsService } from './events.service.js';
import { ExpiredWebhookMessagesJob } from './expired-webhook-messages.job.js';
import { UserEventHooks } from './user-event-hooks.js';
import { WebhookMessagesService } from './webhook-messages.service.js';

/** What happens to users, for the application: hooks, and the messages for webhooks. */
@Module({
  imports: [DiscoveryModule],
  providers: [EventsService, ExpiredWebhookMessagesJob, UserEventHooks, WebhookMessagesService],
  exports: [EventsService, WebhookMessagesService],
})
export class EventsModule {}
