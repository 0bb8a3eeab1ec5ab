import { glassEasel, MiniProgramEnv } from 'glass-easel-miniprogram-adapter';
import { PhoneBackend } from './backend.js';
import { defineBuiltIns, type PhoneServices } from './built-ins.js';
import { NavigationBar, type WindowConfig } from './navigation-bar.js';
import { Pages } from './pages.js';

/** A page or a component, as the builder writes it. */
interface Unit {
  path: string;
  isPage: boolean;
  config: WindowConfig & { usingComponents: Record<string, string> };
  scope: string | null;
  run: () => void;
}

/** A mini-program, as the builder writes it. */
export interface BuiltMiniProgram {
  /** `app.json` */
  config: { pages: string[]; entryPagePath?: string; window?: WindowConfig };
  /** The render functions by path. */
  templates: Record<string, never>;
  /** Runs `app.js`. */
  run: () => void;
  /** A unit comes after the units that it uses. */
  units: Unit[];
}

/** The part of the argument of `App({…})` that the phone uses. */
interface AppDefinition {
  onLaunch?(options: LaunchOptions): void;
  onShow?(options: LaunchOptions): void;
  onHide?(): void;
  onError?(error: string): void;
}

interface LaunchOptions {
  path: string;
  query: Record<string, string>;
  scene: number;
}

/** The scene "opened from the list of recently used mini-programs". */
const scene = 1089;

/** One launch of a mini-program: its pages and its globals. */
export class MiniProgram {
  readonly pages: Pages;
  readonly #space: glassEasel.ComponentSpace;
  readonly #codeSpace: ReturnType<MiniProgramEnv['createCodeSpace']>;
  #app: AppDefinition = {};

  constructor(private readonly built: BuiltMiniProgram) {
    const environment = new MiniProgramEnv();
    const backend = environment.associateBackend(new PhoneBackend());
    this.#codeSpace = environment.createCodeSpace('', true);
    this.#space = this.#codeSpace.getComponentSpace();
    this.pages = new Pages(
      backend,
      this.#codeSpace,
      document.querySelector('.pages')!,
      new NavigationBar(document.querySelector('.navigation-bar')!),
      new Map(
        built.units
          .filter(({ isPage }) => isPage)
          .map(({ path, config }) => [path, { ...built.config.window, ...config }]),
      ),
    );
  }

  /** Runs the mini-program's code, and opens its first page. */
  launch(wx: object, services: PhoneServices): void {
    const { config, units } = this.built;
    defineBuiltIns(this.#space, services);
    Object.assign(globalThis, {
      wx,
      App: (definition: AppDefinition) => (this.#app = definition),
      getApp: () => this.#app,
      getCurrentPages: () => this.pages.instances,
    });
    glassEasel.addGlobalErrorListener((error: unknown) => {
      console.error(error);
      this.#app.onError?.(String((error as Error).stack));
      return false;
    });
    this.built.run();
    for (const unit of units) this.register(unit);
    const options = { path: config.entryPagePath ?? config.pages[0]!, query: {}, scene };
    this.#app.onLaunch?.(options);
    this.#app.onShow?.(options);
    this.pages.reLaunch(`/${options.path}`);
  }

  /** Closes the mini-program, as WeChat does. */
  close(): void {
    this.pages.hideAll();
    this.#app.onHide?.();
    this.pages.closeAll();
  }

  private register({ path, config, scope, run }: Unit): void {
    const { templates } = this.built;
    this.#codeSpace.addComponentStaticConfig(path, config);
    this.#codeSpace.addCompiledTemplate(path, {
      groupList: templates,
      content: templates[path]!,
      // Mini-programs write bindtap as well as bind:tap.
      fallbackListenerOnNativeNode: true,
    });
    // The styles themselves are in app.css.
    if (scope !== null) this.#codeSpace.addStyleSheet(path, undefined, scope);
    this.#codeSpace.globalComponentEnv(globalThis, path, run);
  }
}
