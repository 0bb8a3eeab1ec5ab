import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountModule, AuthModule, loadSettings, WeappAuthModule } from 'weapp-auth';
import { Customer } from './customer.entity.js';
import { CustomerEvents } from './customer-events.js';
import { OrdersController } from './orders.controller.js';
import { Order } from './order.entity.js';
import { Shop1795220000000 } from './shop.migration.js';

@Module({
  imports: [
    // The shop's own data source, which stays the default one. weapp-auth has another, with a schema of its own: DATABASE_SCHEMA.
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env['DATABASE_URL'],
      entities: [Customer, Order],
      migrations: [Shop1795220000000],
      migrationsRun: true,
    }),
    TypeOrmModule.forFeature([Customer, Order]),
    // The emulator's appids, whose secrets anybody knows, are for a developer's machine.
    WeappAuthModule.forRoot(
      loadSettings(process.env, { allowEmulator: process.env['NODE_ENV'] !== 'production' }),
    ),
    AuthModule, // /auth, the published keys, and JwtGuard
    AccountModule, // /me
  ],
  controllers: [OrdersController],
  providers: [CustomerEvents],
})
export class AppModule {}
