import { ApiProperty } from '@nestjs/swagger';
import { problems } from '../errors/problem-catalogue.js';

/** RFC 9457, with the members that this service adds. */
export class Problem {
  @ApiProperty({ format: 'uri' })
  type: string;

  @ApiProperty()
  title: string;

  @ApiProperty({ type: 'integer' })
  status: number;

  @ApiProperty({ description: 'What happened, and what to do next.' })
  detail: string;

  @ApiProperty({ type: 'string', enum: Object.keys(problems) })
  code: string;

  @ApiProperty({ description: 'The same as X-Request-Id; the log has it, too.' })
  requestId: string;

  @ApiProperty({
    type: 'array',
    required: false,
    description: 'invalid_request: what is wrong, member by member.',
    items: {
      type: 'object',
      required: ['field', 'message'],
      properties: { field: { type: 'string' }, message: { type: 'string' } },
    },
  })
  errors?: { field: string; message: string }[];

  @ApiProperty({ required: false, description: 'session_revoked, account_disabled: why.' })
  reason?: string;

  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'fresh_login_required: how many seconds old the login may be.',
  })
  maxAge?: number;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    required: false,
    description: 'account_disabled: until when, where that is known.',
  })
  until?: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    required: false,
    description: 'account_deleting: until when a login with "restore": true takes it back.',
  })
  eraseAt?: string;
}
