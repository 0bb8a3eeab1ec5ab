/** The part of a page's JSON file and of `window` in `app.json` that concerns the bar above the page. */
export interface WindowConfig {
  navigationBarTitleText?: string;
  navigationBarBackgroundColor?: string;
  navigationBarTextStyle?: 'black' | 'white';
  backgroundColor?: string;
}

/** The bar above the page, with its title and the way back. */
export class NavigationBar {
  readonly #title: HTMLElement;
  readonly #back: HTMLElement;

  constructor(private readonly bar: HTMLElement) {
    this.#title = bar.querySelector('h1')!;
    this.#back = bar.querySelector('button')!;
  }

  onBack(goBack: () => void): void {
    this.#back.addEventListener('click', goBack);
  }

  show(config: WindowConfig, canGoBack: boolean): void {
    const title = config.navigationBarTitleText ?? '';
    this.#title.textContent = title;
    document.title = title;
    this.bar.style.backgroundColor = config.navigationBarBackgroundColor ?? '#000';
    this.bar.style.color = config.navigationBarTextStyle ?? 'white';
    this.#back.hidden = !canGoBack;
  }
}
