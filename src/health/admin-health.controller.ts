import { Get, Header } from '@nestjs/common';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { NodeHealthResponse } from './node-health.response.js';
import { NodeHealthService } from './node-health.service.js';

/** The state of this node, with the details that strangers do not get. */
@ServiceController('admin/health')
@AdminOnly()
export class AdminHealthController {
  constructor(private readonly health: NodeHealthService) {}

  /** The state of the node that answers: ready or why not, versions, pool, WeChat, background jobs. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async read(): Promise<NodeHealthResponse> {
    return this.health.describe();
  }
}
