import { IsBoolean, IsString, Length, ValidateIf } from 'class-validator';
import { InvalidRequestError } from '../validation/invalid-request.error.js';
import type { ScanReference } from './scan-codes.js';

const hasNoScene = ({ scene }: LookAtScanRequest) => scene === undefined;
const hasNoSceneOrBoth = (request: LookAtScanRequest) =>
  hasNoScene(request) || request.userCode !== undefined;

/** Which scan a phone means: by what it has scanned, or by what the user has typed. */
export class LookAtScanRequest {
  /** What the page got as `scene`, decoded. */
  @ValidateIf((request: LookAtScanRequest) => !hasNoScene(request))
  @IsString()
  @Length(1, 64)
  scene?: string;

  /** The code that the web page shows, in any case, with or without the dash. */
  @ValidateIf(hasNoSceneOrBoth)
  @IsString()
  @Length(1, 64)
  userCode?: string;
}

/** What the user has decided. */
export class DecideScanRequest extends LookAtScanRequest {
  /** `false` denies. */
  @IsBoolean()
  approve: boolean;
}

/** @throws {InvalidRequestError} if both are there */
export function toScanReference({ scene, userCode }: LookAtScanRequest): ScanReference {
  if (scene !== undefined && userCode !== undefined) {
    throw new InvalidRequestError('Send scene or userCode, and not both.');
  }
  return scene === undefined ? { userCode: userCode! } : { scene };
}
