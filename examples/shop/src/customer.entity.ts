import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the shop knows of a user. Its table has the name of weapp-auth's, in another schema. */
@Entity('users')
export class Customer {
  /** `users.id` of weapp-auth. */
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'integer', default: 0 })
  points: number;
}
