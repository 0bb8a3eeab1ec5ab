import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import {
  type FirstLogin,
  FirstLoginHook,
  type NewUser,
  type OnUserEvent,
  type UserEvent,
  UserEventHook,
} from 'weapp-auth';
import { Customer } from './customer.entity.js';
import { Order } from './order.entity.js';

/** Keeps the shop's tables in step with the users of weapp-auth. */
@Injectable()
@FirstLoginHook()
@UserEventHook()
export class CustomerEvents implements FirstLogin, OnUserEvent {
  constructor(
    @InjectRepository(Customer) private readonly customers: Repository<Customer>,
    @InjectRepository(Order) private readonly orders: Repository<Order>,
  ) {}

  async onFirstLogin({ id }: NewUser): Promise<void> {
    await this.customers.insert({ id });
  }

  async onUserEvent(event: UserEvent): Promise<void> {
    const { userId } = event;
    if (event.type === 'user.merged') await this.orders.update({ userId }, { userId: event.into });
    else if (event.type === 'user.deleted') await this.orders.delete({ userId });
    else return;
    await this.customers.delete(userId);
  }
}
