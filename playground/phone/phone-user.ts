import { ask } from './dialogs.js';
import type { Network } from './network.js';
import type { Privacy } from './privacy.js';
import type { TemporaryFiles } from './temporary-files.js';
import type { PhoneFaults } from './phone-faults.js';
import { Failure, failureOf } from './wechat-call.js';

/** The user of the phone: what the phone asks for, and the answers. */
export class PhoneUser {
  #allowsSteps = false;

  constructor(
    readonly name: string,
    private readonly network: Network,
    private readonly privacy: Privacy,
    private readonly files: TemporaryFiles,
    private readonly faults: PhoneFaults,
  ) {}

  /** The `detail` of the event `getphonenumber`. */
  async phoneNumber(): Promise<object> {
    try {
      await this.privacy.require('getPhoneNumber');
      const deny =
        this.faults.consume('denied') ||
        !(await this.allows('申请获取并验证你的手机号', `${this.name} 绑定的手机号`));
      return await this.network.askWechat('getPhoneNumber', deny ? { deny } : {});
    } catch (error) {
      return failureOf('getPhoneNumber', error);
    }
  }

  /** The `detail` of the event `chooseavatar`. Undefined if none was chosen. */
  async avatar(): Promise<{ avatarUrl: string } | undefined> {
    try {
      await this.privacy.require('chooseAvatar');
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
    if (this.faults.consume('denied')) return undefined;
    const source = await ask<'wechat' | 'album' | 'none'>({
      kind: 'sheet',
      title: '选择头像',
      choices: [
        { text: '使用微信头像', value: 'wechat', isMain: true },
        { text: '从相册选择', value: 'album' },
        { text: '取消', value: 'none' },
      ],
      otherwise: 'none',
    });
    if (source === 'none') return undefined;
    const picture = source === 'wechat' ? await drawAvatar(this.name) : await pickPicture();
    return picture && { avatarUrl: this.files.add(picture) };
  }

  /**
   * The result of `wx.getWeRunData`. The user is asked once.
   *
   * @throws {Failure}
   */
  async steps(): Promise<{ errMsg: string }> {
    await this.privacy.require('getWeRunData');
    this.#allowsSteps ||=
      !this.faults.consume('denied') &&
      (await this.allows('获取你的微信运动步数', '用来展示你今天走了多少步'));
    if (!this.#allowsSteps) throw new Failure('auth deny');
    return this.network.askWechat('getWeRunData');
  }

  private allows(title: string, text: string): Promise<boolean> {
    return ask({
      kind: 'sheet',
      title,
      text,
      choices: [
        { text: '不允许', value: false },
        { text: '允许', value: true, isMain: true },
      ],
      otherwise: false,
    });
  }
}

/** The user's picture at WeChat: the first letter of the name, on a colour of its own. */
function drawAvatar(name: string): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  canvas.width = 256;
  canvas.height = 256;
  const context = canvas.getContext('2d')!;
  const hue = [...name].reduce((sum, letter) => sum * 31 + letter.codePointAt(0)!, 0) % 360;
  context.fillStyle = `hsl(${hue} 45% 55%)`;
  context.fillRect(0, 0, 256, 256);
  context.fillStyle = '#fff';
  context.font = '600 128px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText([...name][0]!.toUpperCase(), 128, 136);
  return new Promise((resolve) => canvas.toBlob((picture) => resolve(picture ?? undefined), 'image/png'));
}

function pickPicture(): Promise<Blob | undefined> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = 'image/*';
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(input.files?.[0]));
    input.addEventListener('cancel', () => resolve(undefined));
    input.click();
  });
}
