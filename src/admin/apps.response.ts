/** A mini-program that this deployment serves. */
export class AppItemResponse {
  appid: string;

  /** The name in the settings, if it has one. */
  name: string | null;

  type: 'miniprogram';
}

/** A web page or program that signs users in by scanning. */
export class WebClientItemResponse {
  id: string;

  name: string;

  /** Where its pages are. A program has none. */
  origins: string[];
}

/** Where users come from: the settings, without secrets. */
export class AppsResponse {
  apps: AppItemResponse[];

  webClients: WebClientItemResponse[];
}
