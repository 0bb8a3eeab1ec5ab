import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Something a person wrote down. */
@Entity('notes')
@Index('notes_user_id_idx', ['userId'])
export class Note {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id: string;

  /** `users.id` of weapp-auth. */
  @Column({ type: 'uuid', name: 'user_id' })
  userId: string;

  @Column({ type: 'text' })
  text: string;
}
