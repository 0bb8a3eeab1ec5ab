/** The settings of the navigation bar in a page's JSON file and in `window` of `app.json`. */
export interface WindowConfig {
  navigationBarTitleText?: string;
  navigationBarBackgroundColor?: string;
  navigationBarTextStyle?: 'black' | 'white';
  backgroundColor?: string;
}

/** The bar above the page, with the title and the back button. */
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
