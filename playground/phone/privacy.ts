import { ask } from './dialogs.js';
import { leaveNextModal } from './modal.js';
import type { PhoneFaults } from './phone-faults.js';
import { Failure } from './wechat-call.js';

interface Resolution {
  event: 'agree' | 'disagree' | 'exposureAuthorization';
  buttonId?: string;
}

type NeedListener = (resolve: (resolution: Resolution) => void, info: { referrer: string }) => void;

/** The name of the mini-program's privacy policy. */
const contractName = '《小程序隐私保护指引》';

/** WeChat's errno if the user has not agreed to the privacy policy. */
const unauthorized = 104;

/**
 * The user must agree to the privacy policy before the mini-program may ask for personal data.
 *
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */
export class Privacy {
  #listener: NeedListener | undefined;

  /** @param key the storage key for the agreement */
  constructor(
    private readonly key: string,
    private readonly faults: PhoneFaults,
  ) {}

  get isAgreed(): boolean {
    return localStorage.getItem(this.key) !== null;
  }

  /** The user has tapped the button that agrees. */
  agree(): void {
    localStorage.setItem(this.key, 'agreed');
  }

  forget(): void {
    localStorage.removeItem(this.key);
  }

  /** `wx.onNeedPrivacyAuthorization`: only the last listener counts. */
  onNeed(listener: NeedListener): void {
    this.#listener = listener;
  }

  get setting(): { needAuthorization: boolean; privacyContractName: string } {
    return { needAuthorization: !this.isAgreed, privacyContractName: contractName };
  }

  /**
   * Resolves when the user has agreed. If needed, it asks in the popup of the mini-program, or in WeChat's if there is none.
   *
   * @throws {Failure} if the user refuses
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
    const refuses = this.faults.consume('denied');
    if (!listener) return !refuses && this.askInPlace();
    // The popup of the mini-program has to open, too.
    const stop = refuses ? leaveNextModal() : () => {};
    return new Promise<boolean>((resolve) => {
      listener(
        ({ event }) => {
          // Only the button with open-type="agreePrivacyAuthorization" records the agreement.
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
