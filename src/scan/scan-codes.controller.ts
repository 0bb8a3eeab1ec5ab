import { Get, Header, Param, Res, StreamableFile } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.decorators.js';
import { NeedsDatabase } from '../auth/needs-database.decorator.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { ScanImagesService } from './scan-images.service.js';

/** The images that web clients show. */
@Public()
@ApiTags('oauth')
@ServiceController('scan-codes')
export class ScanCodesController {
  constructor(
    private readonly images: ScanImagesService,
    private readonly host: HttpAdapterHost,
  ) {}

  /** The mini-program code of a scan, as an image. */
  @Get(':scene')
  @NeedsDatabase()
  @Header('Cache-Control', 'no-store')
  // The pages of web clients are on other origins.
  @Header('Cross-Origin-Resource-Policy', 'cross-origin')
  @ApiOkResponse({ content: { 'image/png': {}, 'image/jpeg': {} } })
  @Problems('not_found', 'rate_limited', 'wechat_misconfigured', 'wechat_unavailable', 'overloaded')
  async read(
    @Param('scene') scene: string,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<StreamableFile> {
    const image = await this.images.find(scene);
    // WeChat's own Content-Type names the wrong one at times.
    const type = image[0] === 0xff ? 'image/jpeg' : 'image/png';
    this.host.httpAdapter.setHeader(response, 'Content-Type', type);
    return new StreamableFile(image);
  }
}
