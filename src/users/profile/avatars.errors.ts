import { ServiceError } from '../../errors/service.error.js';

/** No avatar has this key, or it was removed. */
export class AvatarNotFoundError extends ServiceError {
  readonly code = 'not_found';

  constructor() {
    super('There is no such avatar.');
  }
}

/** The upload is not an image of an accepted format, whatever its Content-Type says. */
export class AvatarFormatError extends ServiceError {
  readonly code = 'unsupported_media_type';

  constructor() {
    super('The file is neither JPEG nor PNG nor WebP. Send an avatar as one of these.');
  }
}

/** The image is damaged or too large. */
export class AvatarDamagedError extends ServiceError {
  readonly code = 'invalid_request';

  constructor(cause: unknown) {
    super('The image is damaged, or too large: 25 megapixels at most.', {
      cause,
      members: {
        errors: [{ field: 'file', message: 'file must be a whole image of 25 megapixels at most' }],
      },
    });
  }
}

/** This node encodes, and keeps waiting, as many avatars as it allows. */
export class TooManyAvatarsError extends ServiceError {
  readonly code = 'overloaded';

  constructor() {
    super('Too many avatars are being processed. Try again in a moment.', { retryAfter: 2 });
  }
}
