import { phoneSettings } from './addresses.js';
import { Toasts } from './dialogs.js';
import type { PhoneOrder } from './messages.js';
import { MiniProgram, type BuiltMiniProgram } from './mini-program.js';
import { Network } from './network.js';
import { Outside } from './outside.js';
import { PhoneUser } from './phone-user.js';
import { Privacy } from './privacy.js';
import { Requests } from './requests.js';
import { Scanner } from './scanner.js';
import { PhoneStorage } from './storage.js';
import { TemporaryFiles } from './temporary-files.js';
import { PhoneFaults } from './phone-faults.js';
import { createWx } from './wx.js';

/** Called by app.js, which the builder writes for a mini-program. */
function runMiniProgram(built: BuiltMiniProgram): void {
  const settings = phoneSettings(location.search);
  const { appid, user } = settings;
  const outside = new Outside(settings.phone);
  const faults = new PhoneFaults(outside);
  const network = new Network(settings, outside, faults);
  const storage = new PhoneStorage(settings, outside);
  const privacy = new Privacy(storage.beside('privacy'), faults);
  const files = new TemporaryFiles();
  const requests = new Requests(network, files);
  const phoneUser = new PhoneUser(user, network, privacy, files, faults);
  const miniProgram = new MiniProgram(built);
  const { pages } = miniProgram;
  const toasts = new Toasts();
  const scanner = new Scanner(network, pages, toasts);

  const relaunch = (keep: boolean) => {
    miniProgram.close();
    network.close();
    if (!keep) {
      storage.clear();
      privacy.forget();
    }
    // A reload, so that no variable of its code survives.
    location.reload();
  };
  outside.onOrder((order: PhoneOrder) => {
    if (order.type === 'fault') faults.set(order.fault, order.on);
    else if (order.type === 'scan') void scanner.scan();
    else if (order.type === 'relaunch') relaunch(true);
    else if (order.type === 'forget') relaunch(false);
  });
  outside.send({ type: 'listening' });

  storage.report();
  const wx = createWx({ appid, network, phoneUser, requests, storage, privacy, pages, toasts });
  const pictureAt = (src: string) => files.url(src) ?? network.placeOf(src) ?? src;
  miniProgram.launch(wx, { phoneUser, privacy, pictureAt });
  requestAnimationFrame(() => requestAnimationFrame(() => outside.send({ type: 'ready' })));
}

Object.assign(globalThis, { runMiniProgram });
