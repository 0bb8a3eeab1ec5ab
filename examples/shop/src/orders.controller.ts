import { BadRequestException, Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { CurrentUser, JwtGuard, type SignedInUser } from 'weapp-auth';
import { Order } from './order.entity.js';

/** Everybody sees the orders of their own. */
@Controller('orders')
@UseGuards(JwtGuard)
export class OrdersController {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  @Get()
  mine(@CurrentUser() { id }: SignedInUser): Promise<Order[]> {
    return this.orders.find({ where: { userId: id }, order: { id: 'ASC' } });
  }

  @Post()
  async place(@CurrentUser() { id }: SignedInUser, @Body('item') item: unknown): Promise<Order> {
    if (typeof item !== 'string' || item === '') throw new BadRequestException('item must not be empty');
    return this.orders.save(this.orders.create({ userId: id, item }));
  }
}
