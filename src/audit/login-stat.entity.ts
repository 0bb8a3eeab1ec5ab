import { Column, Entity, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'login_stats_pkey';

/** How often logins of an app had an outcome on a day. */
@Entity('login_stats')
export class LoginStat {
  /** In UTC, `2026-11-21`. */
  @PrimaryColumn({ type: 'date', primaryKeyConstraintName })
  day: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName })
  appid: string;

  /** `succeeded`, or the code of the problem. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName })
  outcome: string;

  @Column({ type: 'bigint', default: 0 })
  logins: string;

  /** Logins among them that made a user. */
  @Column({ type: 'bigint', name: 'new_users', default: 0 })
  newUsers: string;
}
