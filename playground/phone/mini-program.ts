import { glassEasel, MiniProgramEnv } from 'glass-easel-miniprogram-adapter';
import { PhoneBackend } from './backend.js';
import { defineBuiltIns, type Surroundings } from './built-ins.js';
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

/** What the builder makes of a mini-program. */
export interface BuiltMiniProgram {
  /** `app.json` */
  config: { pages: string[]; entryPagePath?: string; window?: WindowConfig };
  /** What draws each unit, by path. */
  templates: Record<string, never>;
  /** Runs `app.js`. */
  run: () => void;
  /** Whatever a unit uses stands before it. */
  units: Unit[];
}

/** What was given to `App({…})`, as far as it concerns the phone. */
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

/** Opened from the list of recently used ones. */
const scene = 1089;

/** One launch of a mini-program: its pages, and the globals that its code finds. */
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
  launch(wx: object, surroundings: Surroundings): void {
    const { config, units } = this.built;
    defineBuiltIns(this.#space, surroundings);
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

  /** What WeChat does when the mini-program is closed. */
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
      // bindtap, as mini-programs write it, and not bind:tap alone.
      fallbackListenerOnNativeNode: true,
    });
    // The styles themselves are in app.css.
    if (scope !== null) this.#codeSpace.addStyleSheet(path, undefined, scope);
    this.#codeSpace.globalComponentEnv(globalThis, path, run);
  }
}
