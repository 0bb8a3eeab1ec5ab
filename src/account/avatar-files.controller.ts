import { Get, Header, Param, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.decorators.js';
import { Problems } from '../http/problems.decorator.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { AvatarsService } from '../users/profile/avatars.service.js';
import { AvatarNotFoundError } from '../users/profile/avatars.errors.js';

/** The images of `avatarUrl`, for anyone who knows the URL: an `<image>` of a mini-program sends no token. */
@Public()
@ServiceController('avatars')
@ApiTags('avatars')
export class AvatarFilesController {
  constructor(private readonly avatars: AvatarsService) {}

  /** An avatar. Caches may keep it for at most a day after it was replaced. */
  @Get(':key')
  @ApiOkResponse({ content: { 'image/webp': { schema: { type: 'string', format: 'binary' } } } })
  @Problems('not_found')
  @Header('Cache-Control', 'public, max-age=86400')
  @Header('X-Content-Type-Options', 'nosniff')
  // Pages of other origins may show it.
  @Header('Cross-Origin-Resource-Policy', 'cross-origin')
  async read(@Param('key') key: string): Promise<StreamableFile> {
    const image = await this.avatars.read(key);
    if (image === null) throw new AvatarNotFoundError();
    return new StreamableFile(image, { type: 'image/webp', length: image.length });
  }
}
