import { ask } from './dialogs.js';
import { leaveNextModal } from './modal.js';
import type { Troubles } from './troubles.js';
import { Failure } from './wechat-call.js';

interface Resolution {
  event: 'agree' | 'disagree' | 'exposureAuthorization';
  buttonId?: string;
}

type NeedListener = (resolve: (resolution: Resolution) => void, info: { referrer: string }) => void;

/** What the mini-program's privacy policy is called. */
const contractName = '《小程序隐私保护指引》';

/** WeChat: the person has not agreed to the privacy policy. */
const unauthorized = 104;

/**
 * Before anything of the person is asked for, they must have agreed to the privacy policy.
 *
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */
export class Privacy {
  #listener: NeedListener | undefined;

  /** @param key where it is kept that they have agreed */
  constructor(
    private readonly key: string,
    private readonly troubles: Troubles,
  ) {}

  get isAgreed(): boolean {
    return localStorage.getItem(this.key) !== null;
  }

  /** They have tapped the button for it; or WeChat's own. */
  agree(): void {
    localStorage.setItem(this.key, 'agreed');
  }

  forget(): void {
    localStorage.removeItem(this.key);
  }

  /** `wx.onNeedPrivacyAuthorization`: only the last one counts. */
  onNeed(listener: NeedListener): void {
    this.#listener = listener;
  }

  get setting(): { needAuthorization: boolean; privacyContractName: string } {
    return { needAuthorization: !this.isAgreed, privacyContractName: contractName };
  }

  /**
   * Goes on once the person has agreed, then or before. Asks by the mini-program's popup, or by WeChat's where it has none.
   *
   * @throws {Failure} where they do not agree
   */
  async require(referrer: string): Promise<void> {
    if (this.isAgreed) return;
    if (!(await this.askThem(referrer))) {
      throw new Failure('privacy permission is not authorized', unauthorized);
    }
  }

  async openContract(): Promise<void> {
    await ask({
      kind: 'modal',
      title: contractName,
      text: '在真机上，这里会打开您在小程序后台填写的隐私保护指引。',
      choices: [{ text: '知道了', value: undefined, isMain: true }],
    });
  }

  private async askThem(referrer: string): Promise<boolean> {
    const listener = this.#listener;
    const refuses = this.troubles.spend('denied');
    if (!listener) return !refuses && this.askInPlace();
    // The mini-program's popup has to hear of it, too.
    const stop = refuses ? leaveNextModal() : () => {};
    return new Promise<boolean>((resolve) => {
      listener(
        ({ event }) => {
          // Only the button with open-type="agreePrivacyAuthorization" makes it so.
          if (event !== 'exposureAuthorization') resolve(event === 'agree' && this.isAgreed);
        },
        { referrer },
      );
    }).finally(stop);
  }

  private async askInPlace(): Promise<boolean> {
    const agreed = await ask({
      kind: 'sheet',
      title: '用户隐私保护提示',
      text: `使用前请阅读并同意${contractName}`,
      choices: [
        { text: '拒绝', value: false },
        { text: '同意', value: true, isMain: true },
      ],
      otherwise: false,
    });
    if (agreed) this.agree();
    return agreed;
  }
}
