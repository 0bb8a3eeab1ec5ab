import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { MiniProgramCodeClient } from '../wechat/mini-program-code.client.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { scanTtl, ScansService } from './scans.service.js';
import { ScanNotFoundError } from './scan.errors.js';

/** Bytes of the images that a node keeps; one has some 100 KB at most. */
const maxCacheBytes = 16 * 1024 * 1024;

/** The mini-program codes of scans. WeChat makes each of them once per node, however often a page asks. */
@Injectable()
export class ScanImagesService {
  readonly #images = new LRUCache<string, Buffer>({
    maxSize: maxCacheBytes,
    sizeCalculation: ({ length }) => length,
    ttl: scanTtl * 1_000,
    ignoreFetchAbort: true,
    fetchMethod: (scene) => this.codes.makeCode(this.app, { scene, page: this.settings.scanPage }),
  });

  constructor(
    private readonly scans: ScansService,
    private readonly codes: MiniProgramCodeClient,
    private readonly apps: WechatAppsService,
    private readonly settings: Settings,
  ) {}

  /**
   * The mini-program code that opens a scan on a phone.
   *
   * @returns a PNG or JPEG
   * @throws {ScanNotFoundError} if nobody waits under this scene
   * @throws {WechatRateLimitedError} {@link WechatMisconfiguredError} {@link WechatUnavailableError}
   *   {@link TooManyWechatCallsError} {@link DatabaseUnavailableError}
   */
  async find(scene: string): Promise<Buffer> {
    if (!(await this.scans.isOpen(scene))) throw new ScanNotFoundError();
    return (await this.#images.fetch(scene))!;
  }

  private get app() {
    return this.apps.find(this.settings.scanAppid)!;
  }
}
