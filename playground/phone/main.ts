import { phoneSettings } from './addresses.js';
import { Toasts } from './dialogs.js';
import type { PhoneOrder } from './messages.js';
import { MiniProgram, type BuiltMiniProgram } from './mini-program.js';
import { Network } from './network.js';
import { Outside } from './outside.js';
import { Person } from './person.js';
import { Privacy } from './privacy.js';
import { Requests } from './requests.js';
import { PhoneStorage } from './storage.js';
import { TemporaryFiles } from './temporary-files.js';
import { Troubles } from './troubles.js';
import { createWx } from './wx.js';

/** Called by app.js, which the builder makes of a mini-program. */
function runMiniProgram(built: BuiltMiniProgram): void {
  const settings = phoneSettings(location.search);
  const { appid, user } = settings;
  const outside = new Outside(settings.phone);
  const troubles = new Troubles(outside);
  const network = new Network(settings, outside, troubles);
  const storage = new PhoneStorage(settings, outside);
  const privacy = new Privacy(storage.beside('privacy'), troubles);
  const files = new TemporaryFiles();
  const requests = new Requests(network, files);
  const person = new Person(user, network, privacy, files, troubles);
  const miniProgram = new MiniProgram(built);
  const { pages } = miniProgram;

  const relaunch = (keep: boolean) => {
    miniProgram.close();
    network.close();
    if (!keep) {
      storage.clear();
      privacy.forget();
    }
    // No variable of its code outlives it.
    location.reload();
  };
  outside.onOrder((order: PhoneOrder) => {
    if (order.type === 'trouble') troubles.set(order.trouble, order.on);
    else if (order.type === 'relaunch') relaunch(true);
    else if (order.type === 'forget') relaunch(false);
  });
  outside.tell({ type: 'listening' });

  storage.tell();
  const wx = createWx({ appid, network, person, requests, storage, privacy, pages, toasts: new Toasts() });
  const pictureAt = (src: string) => files.url(src) ?? network.placeOf(src) ?? src;
  miniProgram.launch(wx, { person, privacy, pictureAt });
  requestAnimationFrame(() => requestAnimationFrame(() => outside.tell({ type: 'ready' })));
}

Object.assign(globalThis, { runMiniProgram });
