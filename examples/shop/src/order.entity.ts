import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What a customer has bought. */
@Entity('orders')
export class Order {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id: string;

  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  @Column({ type: 'text' })
  item: string;
}
